-- Each transaction extends one sum over the whole log: the last of its rows has the next link, and
-- the others have none. {last} is the last position at the time of this step. The records up to
-- there are neither read nor rewritten. All that follow say whether they have a link, so that the
-- database refuses those of a process that still works with version 1.
ALTER TABLE {schema}.records ADD COLUMN sum bytea;
ALTER TABLE {schema}.records ADD CONSTRAINT records_sum
	CHECK ((sum IS NULL) = (position <= {last}) AND octet_length(sum) IN (0, 32)) NOT VALID;

-- The first link is made of a random id and that position.
ALTER TABLE {schema}.surety_migrations ADD COLUMN position bigint, ADD COLUMN sum bytea;
UPDATE {schema}.surety_migrations SET position = {last},
	sum = sha256(convert_to(E'surety/log/1\n', 'UTF8') || uuid_send(gen_random_uuid()) || int8send({last}))
WHERE version = 2;
