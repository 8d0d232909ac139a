// What lies in a space's home, whether it runs or not.
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import { bytes, time } from "../../shared/format";
import { Empty, Failure } from "../../shared/parts";
import type { SpaceFile, SpaceState } from "./types";

export function Files({ state }: { state: SpaceState }) {
  const [path, setPath] = useState<string[]>([]);
  const query = useQuery({
    queryKey: ["space-files", state.SpaceName, path],
    queryFn: () => studio<{ Files?: SpaceFile[] }>("ListSpaceFiles", { SpaceName: state.SpaceName, Path: path.join("/") }),
    select: (answer) => answer.Files ?? [],
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const address = (name: string) => `${state.Path}-studio/files/${[...path, name].map(encodeURIComponent).join("/")}`;
  const crumbs = [{ text: "Home", href: "#0" }, ...path.map((text, place) => ({ text, href: `#${place + 1}` }))];
  return (
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
              <a className="link" href={address(one.Name)} download>
                {one.Name}
              </a>
            ) : (
              one.Name
            ),
        },
        { id: "size", header: "Size", cell: (one) => (one.Type === "File" ? bytes(one.Size) : "–") },
        { id: "changed", header: "Changed", cell: (one) => time(one.LastModified) },
      ]}
      empty={<Empty title="No files here yet" text="What is saved in the space appears here, and stays when it is stopped." />}
    />
  );
}
