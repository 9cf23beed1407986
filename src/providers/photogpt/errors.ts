import { classifier, saidIn, type VendorErrors } from '../classify.ts';

/** Any of the three may be missing; a body with none of them is some gateway's. */
export const errors: VendorErrors = {
  title: 'PhotoGPT',
  read: (body) =>
    'status' in body || 'message' in body || 'err' in body
      ? { text: saidIn(body['message'], body['err'], body['reason'], body['error']) }
      : undefined,
};

export const classify = classifier(errors);
