/** The steps of the pipeline form as the address has them. Apart from the form, so that the first load brings none of it. */
export const FORM_STEPS = ["source", "table", "destination", "columns", "schedule", "review"] as const;
export type FormStep = (typeof FORM_STEPS)[number];
