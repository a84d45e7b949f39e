import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

/** What a person does about the focus, after which it is no longer ours to move. */
const OWN_MOVES = ["keydown", "pointerdown"] as const;

/**
 * Moves the focus to the heading after a change of page, as a browser would by loading one: screen readers then read where
 * they are, and the next tab starts at the content. A change of search parameters alone moves nothing.
 */
export function useFocusOnNavigation(): void {
  const router = useRouter();
  useEffect(() => {
    let stop = () => {};
    // The router's own account of where one comes from lacks a first page that is left before it has loaded.
    let shown = router.latestLocation.pathname;
    // Who presses something while a page is on its way is elsewhere by the time it arrives, such as in the palette.
    let hasMoved = false;
    const onMove = () => {
      hasMoved = true;
      stop();
    };
    for (const move of OWN_MOVES) document.addEventListener(move, onMove, true);
    const unwatch = router.subscribe("onBeforeNavigate", () => {
      hasMoved = false;
    });
    const unsubscribe = router.subscribe("onRendered", ({ toLocation: { pathname } }) => {
      if (pathname === shown) return;
      shown = pathname;
      stop();
      if (!hasMoved) stop = keepHeadingFocused();
    });
    return () => {
      stop();
      for (const move of OWN_MOVES) document.removeEventListener(move, onMove, true);
      unwatch();
      unsubscribe();
    };
  }, [router]);
}

/**
 * The heading of a page whose code or rows are still on their way comes later, and may take the place of another one, so it is
 * waited for. Returns what ends the waiting, which is for when the person presses something.
 */
function keepHeadingFocused(): () => void {
  const main = document.querySelector("main");
  if (!main) return () => {};
  let last = document.activeElement;
  const focus = () => {
    const { activeElement } = document;
    const heading = main.querySelector<HTMLElement>("h1");
    // Whatever else has the focus by now was given it by the page.
    if (heading === null || heading === activeElement || (activeElement !== last && !isNowhere(activeElement))) return;
    heading.focus({ preventScroll: true });
    last = heading;
  };
  const observer = new MutationObserver(focus);
  focus();
  observer.observe(main, { childList: true, subtree: true });
  return () => observer.disconnect();
}

/** The body has the focus when the element that had it is gone. */
const isNowhere = (element: Element | null): boolean => element === null || element === document.body;
