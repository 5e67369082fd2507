CREATE SCHEMA {schema};
CREATE TABLE {schema}.surety_migrations (
	version    integer     PRIMARY KEY,
	applied_at timestamptz NOT NULL DEFAULT now()
);
-- The log. Every promise that the database can hold is repeated here: a position, a version of
-- a stream and an index of a commit exist once, and records are never changed or removed.
CREATE TABLE {schema}.records (
	position  bigint   NOT NULL CHECK (position >= 1),
	version   bigint   NOT NULL CHECK (version >= 1),
	at        bigint   NOT NULL CHECK (at >= 0), -- nanoseconds since 1970
	commit_id uuid     NOT NULL CHECK (commit_id <> '00000000-0000-0000-0000-000000000000'),
	schema    integer  NOT NULL CHECK (schema BETWEEN 1 AND 65535),
	idx       smallint NOT NULL CHECK (idx BETWEEN 0 AND 999),
	stream    text     COLLATE "C" NOT NULL CHECK (octet_length(stream) BETWEEN 3 AND 200),
	type      text     COLLATE "C" NOT NULL CHECK (octet_length(type) BETWEEN 1 AND 100),
	digest    bytea    CHECK ((idx = 0) = (digest IS NOT NULL) AND octet_length(digest) = 32),
	meta      bytea    NOT NULL CHECK (octet_length(meta) <= 4096),
	data      bytea    NOT NULL CHECK (octet_length(data) <= 65536),
	CONSTRAINT records_position PRIMARY KEY (position),
	CONSTRAINT records_stream_version UNIQUE (stream, version),
	CONSTRAINT records_commit_idx UNIQUE (commit_id, idx)
);

CREATE FUNCTION {schema}.records_are_kept() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''records are never changed or removed''; END';

CREATE TRIGGER records_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.records
	FOR EACH STATEMENT EXECUTE FUNCTION {schema}.records_are_kept();

-- Folded states kept to save a replay. They may be removed at any time.
CREATE TABLE {schema}.snapshots (
	stream  text   COLLATE "C" NOT NULL,
	fold    bytea  NOT NULL,
	version bigint NOT NULL CHECK (version >= 1),
	data    bytea  NOT NULL,
	CONSTRAINT snapshots_stream_fold PRIMARY KEY (stream, fold)
);
INSERT INTO {schema}.surety_migrations (version) VALUES (1);
