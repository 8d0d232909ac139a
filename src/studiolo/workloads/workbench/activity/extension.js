// Touches a file whenever somebody uses the editor; see ../editor.py. Runs inside VS Code's extension host.
const fs = require("fs");
const vscode = require("vscode");

const OFTEN = 2000;
const LOOK = 20000;

exports.activate = (context) => {
  const file = process.env.STUDIOLO_ACTIVITY;
  if (!file) return;
  let last = 0;
  const used = () => {
    const now = Date.now();
    if (now - last < OFTEN) return;
    last = now;
    fs.utimes(file, now / 1000, now / 1000, () => {});
  };
  const { window, workspace, debug, tasks } = vscode;
  // Output and log channels are documents, too, and nobody writes them.
  const written = (change) => change.contentChanges.length > 0 && change.document.uri.scheme !== "output" && used();
  // A window with a person before it, a program under the debugger, a task that runs.
  const look = () => (window.state.active || debug.activeDebugSession || tasks.taskExecutions.length > 0) && used();
  const timer = setInterval(look, LOOK);
  context.subscriptions.push(
    workspace.onDidChangeTextDocument(written),
    workspace.onDidSaveTextDocument(used),
    workspace.onDidChangeNotebookDocument(used),
    window.onDidChangeTextEditorSelection(used),
    window.onDidChangeActiveTextEditor(used),
    window.onDidChangeActiveTerminal(used),
    window.onDidChangeWindowState(look),
    { dispose: () => clearInterval(timer) },
  );
  used();
};
