package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/projection/assurance"
)

// cloudEvent is an event in the JSON format of CloudEvents 1.0. Its extensions partitionkey and
// sequence are documented ones: the events of one stream belong in one partition, and the sequence of
// a later event of the log sorts after that of an earlier one.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"` // of the commit, and the place in it: unique in the source
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"` // the stream
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	PartitionKey    string          `json:"partitionkey"`
	Sequence        string          `json:"sequence"`      // the position, with leading zeros
	StreamVersion   string          `json:"streamversion"` // text, because an integer of CloudEvents has 32 bits
	SchemaVersion   uint16          `json:"schemaversion"`
	Data            json.RawMessage `json:"data"`
}

// eventID returns the id of a record, unique in its log.
func eventID(r *events.Record) string { return fmt.Sprintf("%s.%d", r.Commit, r.Index) }

// encode returns the CloudEvent of a record. A record that is not an event of a desk, or cannot be
// read, is a *events.CorruptError: it is neither published nor skipped.
func encode(r *events.Record, source string, mask bool) ([]byte, error) {
	event, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return nil, r.Corrupt(err)
	}
	data := r.Data
	if e, ok := event.(order.Event); ok && mask {
		if _, _, data, err = order.EncodeEvent(nil, assurance.Masked(e)); err != nil {
			return nil, r.Corrupt(err)
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err = enc.Encode(cloudEvent{
		SpecVersion: "1.0", ID: eventID(r), Source: source, Type: r.Type, Subject: string(r.Stream), Time: r.At.UTC(),
		DataContentType: "application/json", PartitionKey: string(r.Stream), Sequence: fmt.Sprintf("%020d", r.Position),
		StreamVersion: fmt.Sprint(r.Version), SchemaVersion: r.Schema, Data: data,
	})
	if err != nil {
		return nil, r.Corrupt(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// maskable selects the streams whose events have no personal data except in fields that
// assurance.Masked masks.
func maskable() events.Filter {
	return events.Filter{Categories: []string{order.Category, paylater.Category, credit.Category, credit.PayLaterCategory}}
}
