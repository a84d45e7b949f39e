import {
  type ConnectionTestResult,
  type ConnectorSummary,
  type DataSourceDetail,
  DataSourceName,
} from "@millrace/shared";
import { useCallback, useRef, useState } from "react";
import { type FieldErrors, type UseFormReturn, useForm, useWatch } from "react-hook-form";
import { fieldFaults, toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";
import { connectionOf, faultsOf, fieldOfPath, type FormValues, valuesOf } from "./form-values.ts";

export interface DataSourceForm {
  readonly form: UseFormReturn<FormValues>;
  /** The connection test of what stands in the form. */
  readonly test: {
    readonly result: ConnectionTestResult | null;
    readonly isStale: boolean;
    readonly isTesting: boolean;
    readonly error: unknown;
    readonly start: () => void;
  };
  readonly save: () => void;
  readonly isSaving: boolean;
  /** Why it was not saved, where no field is at fault. */
  readonly saveError: unknown;
  /** Whether something would be lost; to be asked at the moment of leaving. */
  readonly hasChanges: () => boolean;
}

/** What was sent holds a password: it goes with the page, where the cache would keep it for minutes. */
const FORGET = { gcTime: 0 };

/**
 * One form for a new data source and for one that there is. The connector's form checks what was typed, the server the rest,
 * and what it finds stands at its field. `onSaved` is called with the id, after which nothing counts as changed.
 */
export function useDataSourceForm(
  connector: ConnectorSummary,
  stored: DataSourceDetail | null,
  onSaved: (id: string) => void,
): DataSourceForm {
  const form = useForm<FormValues>({
    defaultValues: valuesOf(connector, stored),
    resolver: (values) => {
      const errors = errorsOf(connector, values);
      return Object.keys(errors).length > 0 ? { values: {}, errors } : { values, errors: {} };
    },
    mode: "onTouched",
  });
  const isSaved = useRef(false);
  const { isDirty } = form.formState;
  const hasChanges = useCallback(() => isDirty && !isSaved.current, [isDirty]);

  const utils = trpc.useUtils();
  const create = trpc.sources.create.useMutation(FORGET);
  const update = trpc.sources.update.useMutation(FORGET);
  const draftTest = trpc.sources.testDraft.useMutation(FORGET);
  const [saveError, setSaveError] = useState<unknown>(null);

  /** Puts the server's faults at their fields; false where none of them has one. */
  const placeFaults = (error: unknown): boolean => {
    const faults = faultsOfServer(connector, error);
    for (const { field, message } of faults) form.setError(field, { message }, { shouldFocus: true });
    return faults.length > 0;
  };

  const save = form.handleSubmit(async (values) => {
    setSaveError(null);
    const connection = connectionOf(connector, values, stored);
    try {
      const { id } = stored
        ? await update.mutateAsync({ id: stored.id, name: values.name, ...connection })
        : await create.mutateAsync({ name: values.name, connectionType: connector.type, ...connection });
      isSaved.current = true;
      await utils.sources.invalidate();
      onSaved(id);
    } catch (error) {
      if (!placeFaults(error)) setSaveError(error);
    }
  });

  const values = useWatch({ control: form.control });
  const draft = draftOf(connector, { ...form.getValues(), ...(values as FormValues) }, stored);
  const tested = draftTest.variables === undefined ? null : JSON.stringify(draftTest.variables);

  return {
    form,
    test: {
      result: draftTest.data ?? null,
      isStale: tested !== JSON.stringify(draft),
      isTesting: draftTest.isPending,
      error: draftTest.error !== null && faultsOfServer(connector, draftTest.error).length > 0 ? null : draftTest.error,
      start: () => {
        void (async () => {
          // The name is no part of the connection, so it may be missing still.
          if (!(await form.trigger("config", { shouldFocus: true }))) return;
          draftTest.mutate(draftOf(connector, form.getValues(), stored), { onError: placeFaults });
        })();
      },
    },
    save: () => void save(),
    isSaving: create.isPending || update.isPending,
    saveError,
    hasChanges,
  };
}

/** The very values that a test is about, and that its result is bound to. */
const draftOf = (connector: ConnectorSummary, values: FormValues, stored: DataSourceDetail | null) => ({
  ...(stored && { id: stored.id }),
  connectionType: connector.type,
  ...connectionOf(connector, values, stored),
});

function errorsOf(connector: ConnectorSummary, values: FormValues): FieldErrors<FormValues> {
  const nameFault = DataSourceName.safeParse(values.name).error?.issues[0]?.message;
  const config = [...faultsOf(connector, values)].map(([field, message]) => [
    field,
    { type: "schema", message: sentence(message) },
  ]);
  return {
    ...(nameFault !== undefined && { name: { type: "schema", message: sentence(nameFault) } }),
    ...(config.length > 0 && { config: Object.fromEntries(config) as NonNullable<FieldErrors<FormValues>["config"]> }),
  };
}

function faultsOfServer(connector: ConnectorSummary, error: unknown) {
  if (toUserMessage(error).code === "DATA_SOURCE_NAME_TAKEN") {
    return [{ field: "name" as const, message: toUserMessage(error).message }];
  }
  return fieldFaults(error).flatMap(({ path, message }) => {
    const field = fieldOfPath(connector, path);
    return field === null ? [] : [{ field, message: sentence(message) }];
  });
}

/** What is said of a field goes on from its name, but stands alone below it. */
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
