package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

//go:embed contract.json
var sample []byte

// maxContract bounds the file that -contract names.
const maxContract = 1 << 20

// contract is the agreement of the two parties, and the later events of the trade.
type contract struct {
	Number    string    `json:"number"`
	DraftedAt time.Time `json:"drafted_at"`
	Seller    struct {
		Account       trade.Account        `json:"account"`
		Email         trade.Email          `json:"email"`
		Membership    seller.Membership    `json:"membership"`
		Certification seller.Certification `json:"certification"`
	} `json:"seller"`
	Buyer struct {
		Account trade.Account `json:"account"`
		Email   trade.Email   `json:"email"`
		Name    string        `json:"name"`
	} `json:"buyer"`
	Limit        trade.Money     `json:"limit"`
	Terms        order.Terms     `json:"terms"`
	Coverage     order.Coverage  `json:"coverage"`
	Transport    order.Transport `json:"transport"`
	Transfers    []transfer      `json:"transfers"`
	Entrustments []exported      `json:"entrustments"`
	ReceivedAt   time.Time       `json:"received_at"`
	Review       order.Review    `json:"review"`
}

// transfer is a T/T payment that arrived.
type transfer struct {
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
	PaidAt    time.Time   `json:"paid_at"`
}

// exported is an entrustment with its customs declaration and release.
type exported struct {
	ID          order.EntrustmentID     `json:"id"`
	Title       string                  `json:"title"`
	DraftedAt   time.Time               `json:"drafted_at"`
	Declaration entrustment.Declaration `json:"declaration"`
	ReleasedAt  time.Time               `json:"released_at"`
}

// readContract reads the contract in the file, or the sample for "".
func readContract(file string) (*contract, error) {
	data := sample
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if data, err = io.ReadAll(io.LimitReader(f, maxContract+1)); err != nil {
			return nil, err
		}
		if len(data) > maxContract {
			return nil, fmt.Errorf("%s: a contract has at most %d bytes", file, maxContract)
		}
	}
	var c contract
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("contract %s: %w", file, err)
	}
	if c.Number == "" || c.DraftedAt.IsZero() || len(c.Entrustments) == 0 || len(c.Transfers) == 0 {
		return nil, fmt.Errorf("contract %s: number, drafted_at, transfers and entrustments are needed", file)
	}
	return &c, nil
}
