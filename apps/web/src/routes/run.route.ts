import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { LOG_LEVELS } from "../features/runs/log-levels.ts";
import { DIFFERS, type RunView } from "../features/runs/run-view.ts";
import { QUARANTINE_STATES, type QuarantineView } from "../features/quarantine/quarantine-view.ts";
import { choiceParam, numberParam, textParam } from "../lib/search-params.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { shellRoute } from "./shell.route.tsx";

export const runRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/runs/$runId",
  validateSearch: ({ level, find, line, wrap, time, differs, ...rest }): RunView & QuarantineView => ({
    level: choiceParam(level, LOG_LEVELS),
    find: textParam(find, 200),
    line: numberParam(line),
    wrap: choiceParam(wrap, ["off"]),
    time: choiceParam(time, ["utc"]),
    differs: choiceParam(differs, DIFFERS),
    aside: choiceParam(rest["aside"], QUARANTINE_STATES),
    code: textParam(rest["code"], 60),
    column: textParam(rest["column"], 2000),
    key: textParam(rest["key"], 200),
    row: textParam(rest["row"], 36),
  }),
  loader: async ({ params }) => {
    await trpcUtils.runs.get.ensureData({ id: params.runId });
  },
  component: lazyRouteComponent(() => import("./run.page.tsx"), "RunPage"),
});
