import type { ComponentType } from "react";

/** The states of components by the name of their file in `components/ui`. */
export type Specimens = Readonly<Record<string, ComponentType>>;
