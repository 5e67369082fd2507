package credit

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/trade"
)

// limitOf returns the default limit, which has to be there.
func limitOf(t testing.TB, i Inputs) trade.Money {
	t.Helper()
	limit, err := DefaultAssessment(i)
	if err != nil {
		t.Fatal(err)
	}
	return limit
}

func testScoreLever(t *testing.T) {
	for score, want := range map[string]int64{
		"0": 12_500, "4.79": 12_500, "4.799999": 12_500, "4.8": 20_000, "4.80": 20_000, "4.800001": 20_000, "5": 20_000,
	} {
		if got := limitOf(t, Inputs{Score: mustNumber(score), Volume: yuan(125_000)}); got != yuan(want) {
			t.Errorf("a score of %s gives %s", score, got)
		}
	}
}

func testScoreAlone(t *testing.T) {
	if got := limitOf(t, Inputs{Score: mustNumber("5"), Volume: yuan(0)}); got != yuan(5_000) {
		t.Errorf("a score without trade gives %s", got)
	}
}

// grow opens a line, assesses it anew and returns its limit.
func grow(t *testing.T, first, later Inputs) trade.Money {
	t.Helper()
	l := unopened
	for _, c := range []Command{
		OpenLine{Limit: limitOf(t, first), Inputs: first},
		AssessLimit{Limit: limitOf(t, later), Inputs: later},
	} {
		made, err := Decide(l, c, trade.Given{By: platform, At: noon}, none)
		if err != nil {
			t.Fatal(err)
		}
		l = follow(l, made...)
	}
	return l.Limit
}

func testGrowth(t *testing.T) {
	first := Inputs{Score: mustNumber("4.5"), Volume: yuan(0), Month: "2025-03"}
	later := Inputs{Score: leverScore, Volume: yuan(125_000), Month: "2025-06"}
	if got := limitOf(t, first); got != yuan(5_000) {
		t.Errorf("it begins with %s", got)
	}
	if got := grow(t, first, later); got != yuan(20_000) {
		t.Errorf("after three months: %s", got)
	}
}

func testLargestShop(t *testing.T) {
	best := Inputs{Grade: 100, Score: mustNumber("4.9"), Volume: yuan(250_000), Products: 100, Profile: 100, AfterSales: 100}
	if got := grow(t, Inputs{Volume: yuan(0)}, best); got != yuan(100_000) {
		t.Errorf("got %s", got)
	}
}

func testLevers(t *testing.T) {
	volume := Inputs{Volume: yuan(100_000)}
	for name, raise := range map[string]func(*Inputs){
		"grade": func(i *Inputs) { i.Grade = 100 }, "score": func(i *Inputs) { i.Score = leverScore },
		"products": func(i *Inputs) { i.Products = 100 }, "profile": func(i *Inputs) { i.Profile = 100 },
		"after-sales": func(i *Inputs) { i.AfterSales = 100 },
	} {
		better := volume
		raise(&better)
		if got := limitOf(t, better); limitOf(t, volume) != yuan(10_000) || got != yuan(16_000) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if more := limitOf(t, Inputs{Volume: yuan(110_000)}); more != yuan(11_000) {
		t.Errorf("more volume: %s", more)
	}
}

func testFakeVolume(t *testing.T) {
	for fake, want := range map[int64]int64{0: 10_000, 20_000: 8_000, 50_000: 5_000, 100_000: 5_000} {
		if got := limitOf(t, Inputs{Volume: yuan(100_000), FakeVolume: yuan(fake)}); got != yuan(want) {
			t.Errorf("with %d of fake orders: %s, want %d", fake, got, want)
		}
	}
}

// TestDefaultAssessment compares the limit with one that is computed without bounds, and holds
// it to its law: what a shop does better never lowers it, and fake orders never raise it.
func TestDefaultAssessment(t *testing.T) {
	percent := rapid.Int64Range(0, 100)
	volume := rapid.OneOf(rapid.Int64Range(0, 50_000_000), rapid.Int64Range(0, math.MaxInt64))
	rapid.Check(t, func(t *rapid.T) {
		units := volume.Draw(t, "volume")
		fake := rapid.Int64Range(0, units).Draw(t, "fake")
		i := Inputs{
			Grade: percent.Draw(t, "grade"), Products: percent.Draw(t, "products"), Profile: percent.Draw(t, "profile"),
			AfterSales: percent.Draw(t, "after-sales"), Volume: fen(units), FakeVolume: fen(fake),
			Score: mustNumber(rapid.SampledFrom([]string{"0", "4.79", "4.8", "5"}).Draw(t, "score")),
		}
		limit, err := DefaultAssessment(i)
		if err != nil {
			t.Fatal(err)
		}
		percents := 10 * 100
		for _, p := range []int64{i.Grade, i.Products, i.Profile, i.AfterSales} {
			percents += 6 * int(p)
		}
		if i.Score.String() == "4.8" || i.Score.String() == "5" {
			percents += 600
		}
		want := big.NewInt(units - fake)
		want.Mul(want, big.NewInt(int64(percents))).Quo(want, big.NewInt(10_000))
		if least := big.NewInt(500_000); want.Cmp(least) < 0 {
			want = least
		}
		if !want.IsInt64() || limit != fen(want.Int64()) {
			t.Fatalf("%+v gives %s, want %s fen", i, limit, want)
		}
		better := i
		better.Grade = rapid.Int64Range(i.Grade, 100).Draw(t, "better grade")
		better.FakeVolume = fen(rapid.Int64Range(0, fake).Draw(t, "less fake"))
		if more, err := DefaultAssessment(better); err != nil || more.Less(limit) {
			t.Fatalf("%+v gives %s, %v; %+v gave %s", better, more, err, i, limit)
		}
	})
}

func TestAssessmentWithoutAnswer(t *testing.T) {
	for field, i := range map[string]Inputs{
		"inputs.volume": {Grade: 1}, "inputs.grade": {Grade: 101, Volume: yuan(1)}, "inputs.score": {Score: mustNumber("6"), Volume: yuan(1)},
		"inputs.fake_volume": {Volume: yuan(1), FakeVolume: dollars(1)},
	} {
		var bad *trade.InvalidError
		if limit, err := DefaultAssessment(i); !errors.As(err, &bad) || bad.Field != field || limit != no {
			t.Errorf("%s: %s, %v", field, limit, err)
		}
	}
	if got := limitOf(t, Inputs{Volume: trade.Minor(0, trade.Currency{'J', 'P', 'Y'})}); got.MinorUnits() != 5_000 {
		t.Errorf("the least in a currency without minor units is %s", got)
	}
}
