import { z } from 'zod';
import { outputLifetime } from '../account-settings.ts';

/** Facts that the vendor's documents omit, and the choice between its two APIs. */
export const settings = z
  .strictObject({
    /** `a`: the documented API (default). `b`: the API of the vendor's own clients. */
    dialect: z.enum(['a', 'b']).optional(),
    /** Decides the requests per minute of dialect A; default `pro`. */
    plan: z.enum(['free', 'pro', 'enterprise']).optional(),
    /** Whether a request with `preset_id` also needs a prompt; default true. */
    promptWithPreset: z.boolean().optional(),
    outputLifetime,
  })
  .superRefine(({ dialect, plan, promptWithPreset }, context) => {
    if (dialect !== 'b') return;
    const settled = { plan, promptWithPreset };
    for (const [name, value] of Object.entries(settled))
      if (value !== undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'is of dialect a only' });
  });

export type Settings = z.infer<typeof settings>;
