// A person as a disc with initials, always in the same one of a few colours.
const hue = (name: string) => Array.from(name.toLowerCase()).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 6, 0);
const initials = (name: string) => {
  const words = name.split(/[^a-zA-Z0-9]+/).filter(Boolean);
  return ((words.length > 1 ? (words[0]?.[0] ?? "") + (words[1]?.[0] ?? "") : name.slice(0, 2)) || "?").toUpperCase();
};

export const Avatar = ({ name }: { name: string }) => (
  <span className={`avatar hue-${hue(name)}`} aria-hidden="true">
    {initials(name)}
  </span>
);
