// How MLflow's pages look to who has not chosen yet. They stand under the studio's address and remember that in its storage, in
// the same form. By themselves they begin with the traces of language models, and open an assistant, which the studio has
// switched off since it would run programs on the server.
const FIRST = { "mlflow.workflowType_v1": "machine_learning", "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": true };

export function beginMlflow() {
  try {
    for (const [key, value] of Object.entries(FIRST)) if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage: MLflow begins as it likes.
  }
}
