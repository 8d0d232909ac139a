// What happened, above the page; loaded when the first thing happens.
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";

export const Messages = ({ items }: { items: FlashbarProps.MessageDefinition[] }) => <Flashbar items={items} />;
