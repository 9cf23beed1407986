import { classifier, saidIn, saysNoFunds, type VendorErrors } from '../classify.ts';

/** Any of the three may be missing; a body with none of them is some gateway's. */
export const errors: VendorErrors = {
  title: 'PhotoGPT',
  read(body) {
    if (!('status' in body || 'message' in body || 'err' in body)) return undefined;
    const words = [body['message'], body['err'], body['reason'], body['error']];
    return { text: saidIn(...words), ...(saysNoFunds(...words) && { account: 'noFunds' }) };
  },
};

export const classify = classifier(errors);
