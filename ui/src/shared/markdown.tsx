// Markdown as people write it in comments: raw HTML and images in it are shown as text, links open elsewhere.
import MarkdownIt from "markdown-it";
import { useMemo } from "react";

const reader = new MarkdownIt({ html: false, linkify: true, breaks: true });
reader.disable("image");
reader.renderer.rules.link_open = (tokens, at, options, _, self) => {
  tokens[at]?.attrSet("target", "_blank");
  tokens[at]?.attrSet("rel", "noopener noreferrer nofollow");
  return self.renderToken(tokens, at, options);
};
// A mention stands out; what is code is left alone, since only texts are looked at.
reader.renderer.rules.text = (tokens, at) =>
  reader.utils
    .escapeHtml(tokens[at]?.content ?? "")
    .replace(/(^|[^\w.@/])@([a-zA-Z0-9][a-zA-Z0-9._@+-]*[a-zA-Z0-9]|[a-zA-Z0-9])/g, '$1<b class="mention">@$2</b>');

export function Markdown({ text }: { text: string }) {
  const html = useMemo(() => reader.render(text), [text]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
