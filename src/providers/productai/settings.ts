import { z } from 'zod';
import { outputLifetime } from '../account-settings.ts';

/** What the vendor's documents leave open, and which of its two APIs the key is for. */
export const settings = z
  .strictObject({
    /** `a`: the documented API (default). `b`: the one that the vendor's own clients call. */
    dialect: z.enum(['a', 'b']).optional(),
    /** Decides how many requests a minute dialect A takes; default `pro`. */
    plan: z.enum(['free', 'pro', 'enterprise']).optional(),
    /** Whether a request with `preset_id` needs a prompt all the same; default true. */
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
