/**
 * A function that does `work` soon after it is called, however often that is: never twice at once, at least `pauseMs` apart,
 * and once more after the last call. What `work` rejects with is dropped: whoever shows the result sees its error.
 */
export function coalesce(work: () => Promise<unknown>, pauseMs: number): () => void {
  let isBusy = false;
  let isAskedAgain = false;
  const go = async () => {
    isBusy = true;
    const pause = new Promise((resolve) => setTimeout(resolve, pauseMs));
    await Promise.allSettled([work(), pause]);
    isBusy = false;
    if (!isAskedAgain) return;
    isAskedAgain = false;
    void go();
  };
  return () => {
    if (isBusy) isAskedAgain = true;
    else void go();
  };
}
