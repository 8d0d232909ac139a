// What lies in a space's home, whether it runs or not.
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import { bytes, time } from "../../shared/format";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Empty, Failure } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { RunDialog } from "../notebook/dialog";
import { useShare } from "../notebook/share";
import type { Source } from "../notebook/types";
import type { SpaceFile, SpaceState } from "./types";

export function Files({ state }: { state: SpaceState }) {
  const { canWrite, confirm } = useStudio();
  const share = useShare();
  const [running, setRunning] = useState<Source>();
  const [path, setPath] = useState<string[]>([]);
  const query = useQuery({
    queryKey: ["space-files", state.SpaceName, path],
    queryFn: () => studio<{ Files?: SpaceFile[] }>("ListSpaceFiles", { SpaceName: state.SpaceName, Path: path.join("/") }),
    select: (answer) => answer.Files ?? [],
  });
  const address = (name: string) => `${state.Path}-studio/files/${[...path, name].map(encodeURIComponent).join("/")}`;
  const sourceOf = (one: SpaceFile): Source => ({ SpaceName: state.SpaceName, Path: [...path, one.Name].join("/"), address: address(one.Name) });
  const open = (one: SpaceFile) => (one.Type === "Folder" ? setPath([...path, one.Name]) : undefined);
  const why = canWrite ? undefined : "Viewers can't run things in this project.";
  const actionsOf = (one: SpaceFile): Action[] => {
    const remove: Action = {
      id: "delete",
      text: "Delete…",
      apart: true,
      disabledReason: canWrite ? undefined : "Viewers can't delete files in this project.",
      run: () =>
        confirm({
          title: `Delete ${one.Name}?`,
          text: one.Type === "Folder" ? "The folder and everything in it are gone for everybody." : "It is gone for everybody.",
          verb: "Delete",
          act: async () => {
            await studio("DeleteSpaceFile", { SpaceName: state.SpaceName, Path: [...path, one.Name].join("/") });
            await query.refetch();
          },
        }),
    };
    if (one.Type === "Folder") return [{ id: "open", text: "Open", run: () => open(one) }, remove];
    const plain: Action[] = [{ id: "download", text: "Download", run: () => window.location.assign(address(one.Name)) }, remove];
    if (one.Type !== "File" || !one.Name.endsWith(".ipynb")) return plain;
    return [
      { id: "run", text: "Run as a job…", disabledReason: why, run: () => setRunning(sourceOf(one)) },
      { id: "share", text: "Share as it is", disabledReason: why, run: () => void share(sourceOf(one)) },
      ...plain,
    ];
  };
  const { menu, close, handlers } = useRows({ items: query.data ?? [], nameOf: (one) => one.Name, actionsOf, open, look: () => undefined });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const crumbs = [{ text: "Home", href: "#0" }, ...path.map((text, place) => ({ text, href: `#${place + 1}` }))];
  return (
    <div {...handlers}>
    <Table
      contentDensity="compact"
      loading={query.isPending}
      loadingText="Looking"
      items={query.data ?? []}
      trackBy="Name"
      header={
        <Header variant="h2" actions={<Button iconName="refresh" ariaLabel="Look again" onClick={() => void query.refetch()} />}>
          <BreadcrumbGroup
            ariaLabel="Folder"
            items={crumbs}
            onFollow={(event) => {
              event.preventDefault();
              setPath(path.slice(0, Number(event.detail.href.slice(1))));
            }}
          />
        </Header>
      }
      columnDefinitions={[
        {
          id: "name",
          header: "Name",
          isRowHeader: true,
          cell: (one) =>
            one.Type === "Folder" ? (
              <Button variant="inline-link" iconName="folder" onClick={() => setPath([...path, one.Name])}>
                {one.Name}
              </Button>
            ) : one.Type === "File" ? (
              <a className="link" data-row={one.Name} href={address(one.Name)} download>
                {one.Name}
              </a>
            ) : (
              one.Name
            ),
        },
        { id: "size", header: "Size", cell: (one) => (one.Type === "File" ? bytes(one.Size) : "–") },
        { id: "changed", header: "Changed", cell: (one) => time(one.LastModified) },
        { id: "do", header: "Do", minWidth: 200, cell: (one) => (one.Name.endsWith(".ipynb") ? <ActionsButton actions={actionsOf(one)} label={`Actions for ${one.Name}`} /> : null) },
      ]}
      empty={<Empty title="No files here yet" text="What is saved in the space appears here, and stays when it is stopped." />}
    />
    {menu && <ContextMenu at={menu} close={close} />}
    {running && <RunDialog source={running} close={() => setRunning(undefined)} />}
    </div>
  );
}
