import { classifier, saidIn, saysNoFunds, type VendorErrors } from '../classify.ts';

/** Any of the texts may be missing. */
export const errors: VendorErrors = {
  title: 'PhotoGPT',
  read(body) {
    if (!('status' in body || 'message' in body || 'err' in body)) return undefined;
    const words = [body['message'], body['err'], body['reason'], body['error']];
    return { text: saidIn(...words), ...(saysNoFunds(...words) && { account: 'noFunds' }) };
  },
  isOwn: (body) => isNotOk(body['status']),
};

/** Every error of the vendor has the status `NOK`. */
export function isNotOk(status: unknown): boolean {
  return typeof status === 'string' && status.toUpperCase() === 'NOK';
}

export const classify = classifier(errors);
