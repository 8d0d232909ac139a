// A dialog around one deed: it shows that it is being done, stays open and says why where it was refused, and closes when it is done.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal, { type ModalProps } from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";

import { describe } from "./context";

interface Props {
  title: string;
  verb: string;
  size?: ModalProps.Size;
  close: () => void;
  /** What it throws is told. It gives false where there is something to mend first, and the dialog stays; or what comes when the
   * dialog has closed, such as another page. */
  act: () => unknown;
  /** Enter in a field does it, too: for dialogs without other buttons. */
  enter?: boolean;
  waiting?: boolean;
  disabled?: boolean;
  disabledReason?: string;
  /** Above the reason of a refusal. */
  refusal?: string;
  /** What could not even be asked. */
  error?: unknown;
  children: ReactNode;
}

export function Dialog({ title, verb, size, close, act, enter, waiting, disabled, disabledReason, refusal, error, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const go = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      const done = await act();
      if (done === false) return;
      close();
      if (typeof done === "function") await (done as () => unknown)();
    } catch (why) {
      setRefused(why);
    } finally {
      setBusy(false);
    }
  };
  const why = refused ?? error;
  const inside = (
    <SpaceBetween size="m">
      {why != null && (
        <Alert type="error" header={refusal}>
          {describe(why)}
        </Alert>
      )}
      {children}
    </SpaceBetween>
  );
  return (
    <Modal
      visible
      size={size}
      header={title}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy || waiting} disabled={disabled} disabledReason={disabledReason} onClick={() => void go()}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {enter ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!disabled && !busy) void go();
          }}
        >
          {inside}
        </form>
      ) : (
        inside
      )}
    </Modal>
  );
}
