"""The database's shape, as numbered steps: step N brings a file from version N-1 to N (PRAGMA user_version).

Never edit a step that was released; add one. `sqlite.py` runs what a file lacks when it opens it.
"""

STEPS = (
    """
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
        spec BLOB NOT NULL, status BLOB NOT NULL, tags BLOB NOT NULL,
        version INTEGER NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
        state TEXT NOT NULL, deleting INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX by_name ON records (kind, project, folded);
    CREATE INDEX by_created ON records (kind, project, created, id, folded, state);
    CREATE INDEX by_modified ON records (kind, project, modified, id, folded, state);
    CREATE INDEX by_state ON records (kind, project, state, created, id, folded);
    CREATE TABLE labels (id INTEGER NOT NULL, label TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (label, value, id))
        WITHOUT ROWID;
    CREATE INDEX labels_of ON labels (id);
    CREATE TABLE changes (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        project TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, gone INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX newest_change ON changes (kind, project, name);
    """,
    # Tags beside the labels, so that lists by tag need not read every record.
    """
    INSERT OR IGNORE INTO labels (id, label, value)
    SELECT records.id, 'tag:' || tag.key, tag.value FROM records, json_each(CAST(records.tags AS TEXT)) AS tag;
    """,
)
