// A file of its own, so that the words for schedules weigh nothing on the first load.
export { scheduleSentence } from "@millrace/shared";
