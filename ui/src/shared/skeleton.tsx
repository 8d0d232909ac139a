// What stands where a page will be, so that nothing jumps and nobody looks at an empty window.
export const Skeleton = ({ rows = 6 }: { rows?: number }) => (
  <div className="skeleton" role="status" aria-busy="true" aria-label="Loading">
    <i className="head" />
    {Array.from({ length: rows }, (_, row) => (
      <i key={row} />
    ))}
  </div>
);
