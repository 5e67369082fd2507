package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
)

// Append implements events.Store. When the connection is lost before the server has answered,
// the store looks the outcome up on a new one; a commit that it finds is returned with Repeated
// set, as to a caller who asks again. What a synchronous standby may not have is no success: see the
// package comment.
func (s *Store) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := c.Validate(); err != nil {
		return events.Receipt{}, err
	}
	return s.writer.Append(ctx, c)
}

// CheckGuards implements events.GuardChecker. What it sees is one state of the log, which a statement on a
// connection of the pool has.
func (s *Store) CheckGuards(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := admit.ValidateGuards(&c); err != nil {
		return events.Receipt{}, err
	}
	p := &plan{members: []events.Commit{c}}
	known, err := s.survey(ctx, p)
	if err != nil {
		return events.Receipt{}, err
	}
	p.decide(p.found(), known)
	if v := &p.verdicts[0]; v.Err == nil && !s.isProven(v.Receipt.Position) {
		return s.writer.Append(ctx, c) // which proves it
	}
	return p.verdicts[0].Receipt, p.verdicts[0].Err
}

// AppendEach implements events.Store.
func (s *Store) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	return s.writer.AppendEach(ctx, group)
}

// Lookup implements events.Store. An ID that a connection of the pool does not find is looked up by
// the writer.
func (s *Store) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	known, err := s.survey(ctx, &plan{members: []events.Commit{{ID: id}}})
	k, found := known[id]
	if err != nil || id == uuid.Nil || found && s.isProven(k.Receipt.Position) {
		return k.Receipt, found, err
	}
	return s.writer.Lookup(ctx, id)
}

// survey looks up, through the pool, all that a plan names.
func (s *source) survey(ctx context.Context, p *plan) (map[uuid.UUID]admit.Known, error) {
	p.each(func(*events.Batch) {})
	p.mark = s.history.remembered()
	var found *survey
	err := s.with(ctx, "look up", func(conn *pgxpool.Conn) error {
		found = newSurvey(p)
		learns := s.learns(conn.Conn())
		err := ask(ctx, conn.Conn(), s.mode, found.row, s.queries.survey, p.names(), p.ids(), int64(p.mark.Position), sumOf(&p.mark))
		if err == nil && learns && !found.lost {
			err = s.learnAt(ctx, conn.Conn(), found.last())
		}
		return err
	})
	if err == nil && found.lost {
		err = s.recheck(ctx)
	}
	if err != nil {
		return nil, err
	}
	return found.known, nil
}

// AppendTx appends the commit inside a transaction of the caller: it is applied when the
// transaction commits, together with the rest of it. Until then the receipt is provisional, and
// no one else can append to the log: Append, commits of guards, and Lookup of an ID that cannot be
// read yet wait for the end of the transaction, in every process, or until their contexts end.
// AppendTx is therefore best the last call of a transaction,
// after all other locks that it takes: a transaction that takes a lock after it can deadlock with
// one that does the reverse, and the server then ends one of the two.
//
// After a *events.ConflictError, a *events.DuplicateError, a *events.BoundsError, a *events.ForkError or
// a *TimelineError the caller's transaction goes on as if AppendTx had not been called. The transaction must be at the level
// READ COMMITTED and not read only, or AppendTx refuses with a *TxError: at a higher level it
// could not see what was committed while it waited. With events.DurabilityFsync the transaction
// is on the disk when it commits, whatever synchronous_commit says. A commit of guards alone
// holds until the transaction ends.
func (s *Store) AppendTx(ctx context.Context, tx pgx.Tx, c events.Commit) (events.Receipt, error) {
	if err := c.Validate(); err != nil {
		return events.Receipt{}, err
	}
	if err := s.refuses(ctx); err != nil {
		return events.Receipt{}, err
	}
	receipt, err := s.appendTx(ctx, tx, c)
	if _, ok := errors.AsType[*TxError](err); ok || isAnswer(err) {
		return receipt, err
	}
	return receipt, under(ctx, "append in a transaction", err)
}

// isAnswer reports whether err is the log's decision on a commit.
func isAnswer(err error) bool {
	_, conflict := errors.AsType[*events.ConflictError](err)
	_, duplicate := errors.AsType[*events.DuplicateError](err)
	return conflict || duplicate || isFork(err)
}

func (s *Store) appendTx(ctx context.Context, tx pgx.Tx, c events.Commit) (events.Receipt, error) {
	if err := s.admitTx(ctx, tx); err != nil {
		return events.Receipt{}, err
	}
	p := &plan{members: []events.Commit{c}, mark: s.history.remembered()}
	p.each(func(*events.Batch) {})
	found, err := s.enter(ctx, tx, p)
	if err != nil {
		return events.Receipt{}, err
	}
	if found.lost {
		if err := s.lost(ctx, s.queries, tx.Conn(), p.mark); err != nil {
			return events.Receipt{}, err
		}
		return events.Receipt{}, errUnlocked
	}
	p.decide(p.found(), found.known)
	if v := &p.verdicts[0]; p.rows == 0 {
		if v.Err == nil && !s.isProven(v.Receipt.Position) {
			_, err = tx.Exec(ctx, message) // the caller's COMMIT proves it
			return v.Receipt, err
		}
		return v.Receipt, v.Err
	}
	// The statement is described each time: nothing is left prepared in the caller's session.
	shape, values := p.statement(new(link.Hasher))
	sql, types := s.queries.put(shape)
	var base positions
	reader := tx.Conn().PgConn().ExecParams(ctx, sql, values, types, binaryFormat, binaryFormat)
	for reader.NextRow() {
		err = errors.Join(err, base.row(reader.Values()))
	}
	if _, closed := reader.Close(); closed != nil {
		return events.Receipt{}, closed
	}
	if err != nil || !base.found {
		return events.Receipt{}, errors.Join(errUnlocked, err)
	}
	var answer [1]events.Outcome
	p.answer(base.lowest, answer[:])
	return answer[0].Receipt, answer[0].Err
}

// enter takes the lock of the log in a transaction of the caller, if that allows an append, and
// looks up what the plan names.
func (s *Store) enter(ctx context.Context, tx pgx.Tx, p *plan) (*survey, error) {
	var b pgx.Batch
	b.Queue(s.queries.enter, s.durability >= events.DurabilityFsync)
	// Only a later statement sees what was committed while this one waited for the lock.
	b.Queue(s.queries.survey, p.names(), p.ids(), int64(p.mark.Position), sumOf(&p.mark))
	results := tx.SendBatch(ctx, &b)
	defer results.Close()
	var isolation, readOnly, standbys string
	err := results.QueryRow().Scan(&isolation, &readOnly, nil, nil, &standbys)
	switch {
	case err != nil:
		return nil, err
	case isolation != "read committed" && isolation != "read uncommitted":
		return nil, &TxError{Setting: "transaction_isolation", Want: "read committed", Found: isolation}
	case readOnly != "off":
		return nil, &TxError{Setting: "transaction_read_only", Want: "off", Found: readOnly}
	}
	if err := s.replicates(standbys); err != nil {
		return nil, err
	}
	found := newSurvey(p)
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	var n, version, first, last int64
	var digest []byte
	_, err = pgx.ForEachRow(rows, []any{&n, &version, &digest, &first, &last}, func() error {
		return found.take(n, version, digest, first, last)
	})
	if err == nil {
		err = results.Close()
	}
	return found, err
}
