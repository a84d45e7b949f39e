import { Play, RefreshCw, Settings, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button, buttonClass, IconButton } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { CopyButton } from "../../components/ui/copy-button.tsx";
import { CopyableId } from "../../components/ui/copyable-id.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { Drawer } from "../../components/ui/drawer.tsx";
import { Kbd } from "../../components/ui/kbd.tsx";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../../components/ui/menu.tsx";
import { Tooltip } from "../../components/ui/tooltip.tsx";
import { TypedConfirmDialog } from "../../components/ui/typed-confirm-dialog.tsx";
import type { Specimens } from "../specimen.ts";

const RUN_ID = "01941f29-7c00-7000-8000-5b1f0a6cf1d2";

/** What is pressed, and what that opens. */
export const actions: Specimens = {
  button: () => (
    <>
      <Button variant="primary" icon={Play}>
        Run now
      </Button>
      <Button>Secondary</Button>
      <Button variant="quiet">Quiet</Button>
      <Button variant="danger" icon={Trash2}>
        Delete
      </Button>
      <Button size="small">Small</Button>
      <Button variant="primary" isBusy>
        Saving
      </Button>
      <Button disabled>Disabled</Button>
      <IconButton icon={Settings} label="Settings" />
      <a href="#button" className={buttonClass("secondary")}>
        A link
      </a>
    </>
  ),
  "confirm-dialog": () => (
    <ConfirmDialog
      trigger={<Button variant="danger">Delete…</Button>}
      title="Delete the pipeline?"
      confirmLabel="Delete"
      cancelLabel="Keep it"
      onConfirm={() => toast.success("Deleted")}
    >
      Its 12 runs and their logs go with it. The destination table stays.
    </ConfirmDialog>
  ),
  "copy-button": () => <CopyButton text={RUN_ID} label="Copy details" />,
  "copyable-id": () => (
    <>
      <CopyableId id={RUN_ID} label="run id" />
      <CopyableId id={RUN_ID} label="run id" isWhole />
    </>
  ),
  dialog: DialogSpecimen,
  drawer: DrawerSpecimen,
  kbd: () => (
    <>
      <Kbd keys={["mod", "K"]} />
      <Kbd keys={["g", "p"]} isSequence />
      <Kbd keys={["?"]} />
    </>
  ),
  menu: MenuSpecimen,
  toaster: () => (
    <>
      <Button onClick={() => toast.success("Run started")}>Success</Button>
      <Button onClick={() => toast.error("Millrace cannot be reached", { description: "Check your connection." })}>
        Failure
      </Button>
    </>
  ),
  tooltip: () => (
    <Tooltip text="Reads both catalogs again">
      <Button icon={RefreshCw}>Refresh</Button>
    </Tooltip>
  ),
  "typed-confirm-dialog": TypedConfirmDialogSpecimen,
};

function DialogSpecimen() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Dialog
      trigger={<Button>Open</Button>}
      isOpen={isOpen}
      onOpenChange={setIsOpen}
      title="Statements for the destination"
      description="They run in one transaction when the run begins."
      footer={
        <Button variant="primary" onClick={() => setIsOpen(false)}>
          Done
        </Button>
      }
    >
      <p className="text-sm">Nothing is changed before the run.</p>
    </Dialog>
  );
}

function TypedConfirmDialogSpecimen() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        Delete by name…
      </Button>
      <TypedConfirmDialog
        isOpen={isOpen}
        onOpenChange={setIsOpen}
        title="Delete orders?"
        phrase="orders"
        phraseName="the pipeline's name"
        confirmLabel="Delete"
        isBusy={false}
        onConfirm={() => setIsOpen(false)}
      >
        Its 12 runs and their logs go with it.
      </TypedConfirmDialog>
    </>
  );
}

function DrawerSpecimen() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Drawer trigger={<Button>Open</Button>} isOpen={isOpen} onOpenChange={setIsOpen} title="Navigation">
      <p className="p-4 pt-14 text-sm">What a narrow screen has no room for.</p>
    </Drawer>
  );
}

const SIZES = [
  { value: "small", label: "Small", icon: Settings },
  { value: "large", label: "Large", icon: Settings },
] as const;

function MenuSpecimen() {
  const [size, setSize] = useState<"small" | "large">("small");
  return (
    <Menu trigger={<Button>Actions</Button>}>
      <MenuItem icon={Play} onSelect={() => undefined}>
        Run now
      </MenuItem>
      <MenuSeparator />
      <MenuChoice label="Size" value={size} options={SIZES} onChange={setSize} />
    </Menu>
  );
}
