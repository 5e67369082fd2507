package desk_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// The golden store is a log as an earlier version of the library has written it: testdata/golden.db
// is its file, golden.log the same as text, golden.states what its streams come to, and
// golden.asked the commands that were executed. Whatever changes, all of it still applies.
//
// The flag plays a new one, for a change that is meant to make old logs unreadable:
//
//	go test ./order/desk -run '^TestGoldenStore$' -write-golden-store
var writeGolden = flag.Bool("write-golden-store", false, "play another golden store instead of the one in testdata")

const goldenStore = "testdata/golden.sqlite"

// goldenRow is a record as it lies in a table, with the digest of its commit.
type goldenRow struct {
	Position, Version, At int64
	Commit                uuid.UUID
	Schema, Index         int64
	Stream, Type          string
	Digest, Meta, Data    []byte
}

// line is the row as golden.log has it. Meta and data are JSON without a line feed.
func (r *goldenRow) line() string {
	digest := base64.RawStdEncoding.EncodeToString(r.Digest)
	return fmt.Sprintln(r.Position, r.Stream, r.Version, r.Commit, r.Index, r.At, "."+digest, r.Type, r.Schema, string(r.Meta)+"\t"+string(r.Data))
}

func parseRow(t testing.TB, line string) (r goldenRow) {
	t.Helper()
	var commit, digest string
	rest, data, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	head, meta, _ := strings.Cut(rest, " {")
	n, err := fmt.Sscan(head, &r.Position, &r.Stream, &r.Version, &commit, &r.Index, &r.At, &digest, &r.Type, &r.Schema)
	if err != nil || n != 9 || !ok {
		t.Fatalf("%q: %v", line, err)
	}
	r.Commit, r.Meta, r.Data = uuid.MustParse(commit), []byte("{"+meta), []byte(data)
	if digest != "." {
		r.Digest = must(base64.RawStdEncoding.DecodeString(digest[1:]))
	}
	return r
}

// tableRows reads a file past the store, as version 1 of its schema is laid out.
func tableRows(t testing.TB, path string) (rows []goldenRow) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const query = "SELECT position, stream, version, type, schema, at, commit_id, idx, digest, meta, data FROM records ORDER BY position"
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		blob := func(i int) []byte { b := make([]byte, s.ColumnLen(i)); s.ColumnBytes(i, b); return b }
		rows = append(rows, goldenRow{
			Position: s.ColumnInt64(0), Stream: s.ColumnText(1), Version: s.ColumnInt64(2), Type: s.ColumnText(3), Schema: s.ColumnInt64(4),
			At: s.ColumnInt64(5), Commit: uuid.UUID(blob(6)), Index: s.ColumnInt64(7), Digest: blob(8), Meta: blob(9), Data: blob(10),
		})
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// goldenAsked is a command that was executed, and where its events are.
type goldenAsked struct {
	ID          uuid.UUID
	By          trade.Actor
	Request     ordertest.Request `json:"Wish"`
	First, Last events.Position
}

// do is the command as it was asked.
func (a *goldenAsked) do() desk.Command {
	return desk.Command{ID: a.ID, By: a.By, Do: a.Request.Action()}
}

// playGolden makes the file and what belongs to it.
func playGolden(t *testing.T) {
	const seed, most = 5, 460 // which come to most kinds of events in so few records
	path := filepath.Join(t.TempDir(), "golden.sqlite")
	store := openFile(t, path)
	newFixture(t, store).opened("10000 USD").openedTo(orient, "10000 USD").openShop("5000 CNY")
	// What the player never comes to: a certification that is not approved.
	strict := newFixture(t, store, desk.WithSources(desk.Sources{
		Store: func(context.Context, trade.Account) (seller.Facts, error) {
			return seller.Facts{Operating: true, Membership: seller.MemberFree}, nil
		},
		Certify: func(context.Context, uuid.UUID, seller.Certification) (seller.Verdict, error) {
			return seller.Verdict{Reason: "the registry does not know the number"}, nil
		},
	}))
	strict.Do(otherShop, desk.OnSeller(otherShop.Account, seller.Activate{Route: seller.RouteConsole, Certification: seller.Certification{
		CompanyName: "Far Sail", RegistrationNo: "1", LegalRepresentative: "Wang Fang", RegisteredAddress: "Ningbo",
	}}))
	// Policies under which the player comes to instalments, to a second charge and to fees.
	tr := newFixture(t, store, payout(map[trade.Account]funds.Policy{shopkeeper.Account: {FeeRate: 10, Expected: day}}), terms(func(p *paylater.Policy) {
		p.Instalments, p.ChargeRetries, p.FreezeAfterOverdue = true, 1, 1
	}))
	p := ordertest.NewPlayer(tr.Fixture, rand.New(rand.NewPCG(seed, 0)).IntN, ordertest.PlayerConfig{Name: 'g', Orders: 9, PayLaterOrders: 6})
	var asked []byte
	for i := 0; i < 3000 && must(store.Settled(t.Context())) < most; i++ {
		c := p.Next()
		r, err := p.Desk.Do(t.Context(), c)
		if err != nil || len(r.Events) == 0 {
			continue
		}
		asked = append(append(asked, must(json.Marshal(goldenAsked{c.ID, c.By, p.Request(), r.Receipt.First, r.Receipt.Position}))...), '\n')
	}
	leaveOpen(tr)
	states := spellStates(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, r := range tableRows(t, path) {
		log.WriteString(r.line())
	}
	for name, text := range map[string][]byte{"sqlite": must(os.ReadFile(path)), "log": []byte(log.String()), "asked": asked, "states": states} {
		if err := os.WriteFile("testdata/golden."+name, text, 0o644); err != nil { //nolint:gosec // it is part of the repository
			t.Fatal(err)
		}
	}
}

// leaveOpen begins orders of both kinds and leaves them where a deadline runs.
func leaveOpen(tr *fixture) {
	tr.Helper()
	vendor := trade.Actor{Role: trade.Seller, Account: "s-late", Email: "late@seller.example"}
	tr.openedTo(vendor, "10000 USD")
	for steps := range 4 {
		id := trade.NewID()
		tr.drafted(vendor, id, "600 USD", "200 USD", order.CoveragePostDelivery)
		if steps > 0 {
			tr.Do(vendor, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
		}
		if steps > 1 {
			tr.confirm(id)
		}
		if steps > 2 {
			tr.wire(id, "initial", "200 USD")
		}
	}
	shop := trade.Actor{Role: trade.Seller, Account: "m-late"}
	tr.Do(platform, desk.OnQuota(shop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	for steps := range 4 {
		id := trade.NewID()
		tr.Do(shopper, desk.OnPayLater(id, placing(shop, "500 CNY")))
		if steps > 0 {
			tr.Do(shop, desk.OnPayLater(id, paylater.Ship{}))
		}
		if steps > 1 {
			tr.Do(shopper, desk.OnPayLater(id, paylater.ConfirmReceipt{}))
		}
		if steps > 2 {
			tr.Do(shopper, desk.OnPayLater(id, paylater.OpenAfterSales{}))
		}
	}
}

// spellStates writes a line for each stream, and one for each type of state with the fields that
// are known of it.
func spellStates(t testing.TB, store events.Store) []byte {
	t.Helper()
	var types, states []byte
	heads := make(map[events.StreamID]events.Version)
	known := make(map[string]bool)
	for r, err := range store.ReadAll(context.Background(), 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		heads[r.Stream] = r.Version
	}
	for _, stream := range slices.Sorted(maps.Keys(heads)) {
		state := stateOf(t, store, stream)
		set, paths := spell(state)
		if typ := fmt.Sprintf("%T", state); !known[typ] {
			known[typ] = true
			types = fmt.Appendf(types, "type %s %s\n", typ, must(json.Marshal(paths)))
		}
		states = fmt.Appendf(states, "%s %d %T %s\n", stream, heads[stream], state, must(json.Marshal(set)))
	}
	return append(types, states...)
}

// goldenLines returns the lines of a file of the golden store.
func goldenLines(t testing.TB, name string) []string {
	t.Helper()
	lines := slices.Collect(strings.Lines(string(must(os.ReadFile("testdata/golden." + name)))))
	if len(lines) < 20 {
		t.Fatalf("golden.%s has %d lines", name, len(lines))
	}
	return lines
}

func unmarshal(t testing.TB, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// isGolden holds what a store has to what the golden store has: each record, each receipt and
// each state.
func isGolden(t testing.TB, store events.Store) {
	t.Helper()
	verify(t, store)
	lines, n := goldenLines(t, "log"), 0
	for r, err := range store.ReadAll(t.Context(), 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		want := parseRow(t, lines[n])
		got := goldenRow{
			int64(r.Position), int64(r.Version), r.At.UnixNano(), r.Commit, int64(r.Schema), int64(r.Index), string(r.Stream), r.Type, want.Digest, r.Meta, r.Data,
		}
		if got.line() != lines[n] {
			t.Fatalf("record %d is\n%swas\n%s", n, got.line(), lines[n])
		}
		if n++; n == len(lines) {
			break // what was appended since lies behind
		}
	}
	if n < len(lines) {
		t.Fatalf("%d records of %d", n, len(lines))
	}
	types := make(map[string][]string)
	for _, line := range goldenLines(t, "states") {
		f := strings.SplitN(line, " ", 4)
		if f[0] == "type" {
			var paths []string
			unmarshal(t, []byte(strings.TrimPrefix(line, "type "+f[1]+" ")), &paths)
			types[f[1]] = paths
			continue
		}
		var was texts
		unmarshal(t, []byte(f[3]), &was)
		state := stateOf(t, store, events.StreamID(f[0]))
		is, paths := spell(state)
		if fault := changed(was, types[f[2]], is, paths); fault != "" || fmt.Sprintf("%T", state) != f[2] {
			t.Errorf("%s, a %T: %s", f[0], state, fault)
		}
	}
}

// askAgain issues golden commands once more, every one or every so many, with their IDs: the store
// knows that they were executed, and when.
func askAgain(t testing.TB, tr *fixture, every int) {
	t.Helper()
	for i, line := range goldenLines(t, "asked") {
		if i%every != 0 {
			continue
		}
		var a goldenAsked
		unmarshal(t, []byte(line), &a)
		r, err := tr.Desk.Do(t.Context(), a.do())
		if err != nil || !r.Receipt.Repeated || r.Receipt.First != a.First || r.Receipt.Position != a.Last || len(r.Events) == 0 {
			t.Errorf("%s by %s: %+v, %v", a.Request.Action(), a.By.Role, r.Receipt, err)
		}
	}
}

// goOn takes new orders of both kinds through their lives on the store, beside what is there.
func goOn(t testing.TB, tr *fixture) {
	t.Helper()
	tr.at(start.Add(1000 * day))
	for _, who := range []trade.Actor{acme, {Role: trade.Seller, Account: "s-new", Email: "new@seller.example"}} {
		if s := stateOf(t, tr.Store, must(seller.Stream(who.Account))).(seller.Service); s.Phase != order.ServiceActive {
			tr.openedTo(who, "10000 USD")
		}
	}
	before := must(tr.Store.Settled(t.Context()))
	if _, err := tr.Desk.Tick(t.Context(), tr.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	id := trade.NewID()
	tr.drafted(trade.Actor{Role: trade.Seller, Account: "s-new", Email: "new@seller.example"}, id, "100 USD", "50 USD", order.CoverageNone)
	if o := tr.Order(id); o.Phase != order.PhaseDraft {
		t.Errorf("the new order is %s", o.Phase)
	}
	if after := must(tr.Store.Settled(t.Context())); after < before+6 {
		t.Errorf("the log went from %d to %d", before, after)
	}
}

// TestGoldenStore opens a copy of the file, finds all that was in it, and works on it.
func TestGoldenStore(t *testing.T) {
	if *writeGolden {
		playGolden(t)
	}
	path := filepath.Join(t.TempDir(), "golden.sqlite")
	if err := os.WriteFile(path, must(os.ReadFile(goldenStore)), 0o600); err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for _, r := range tableRows(t, path) {
		rows.WriteString(r.line())
	}
	if want := strings.Join(goldenLines(t, "log"), ""); rows.String() != want {
		t.Error("golden.log is not the log of golden.sqlite")
	}
	store := openFile(t, path)
	isGolden(t, store)
	tr := newFixture(t, store)
	askAgain(t, tr, 1)
	goOn(t, tr)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	verify(t, openFile(t, path))
}
