package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"proactive/infra/rehearsal"
)

// caseView is what the operator's command line says of a case.
type caseView struct {
	ID         string   `json:"id"`
	Instrument string   `json:"instrument"`
	Component  string   `json:"component"`
	Subsystem  string   `json:"subsystem"`
	State      string   `json:"state"`
	Outcome    string   `json:"outcome"`
	Notices    []string `json:"notices"`
}

// patience is how long the demo waits for the cases it expects. At the demo's pace a
// case lives its month in about a minute.
const patience = 6 * time.Minute

// followCases plays the lab and the field engineer until every case is closed.
func (s *show) followCases(ctx context.Context, labs map[string]*rehearsal.Lab) error {
	deadline, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	byID := map[string]*rehearsal.Lab{}
	for _, lab := range labs {
		byID[lab.ID] = lab
	}
	picked, repaired := map[string]bool{}, map[string]bool{}
	seen := map[string]string{}
	for {
		if err := s.readCases(deadline); err != nil {
			return s.outOfPatience(ctx, err)
		}
		closed := 0
		for i, c := range s.cases {
			lab := byID[c.Instrument]
			if lab == nil {
				return fmt.Errorf("case %s is of an instrument that nobody enrolled", c.ID)
			}
			if s.first == 0 {
				s.first = time.Since(s.started)
			}
			if now := c.State + " " + c.Outcome; seen[c.ID] != now {
				seen[c.ID] = now
				s.say("   %s  %-10s %-8s %-10s %s", c.ID, lab.Serial, c.Component, c.State, c.Outcome)
			}
			if c.State == "closed" {
				closed++
			}
			if !picked[c.ID] && s.labAnswers(i, c) {
				done, err := s.pickSlot(deadline, c)
				if err != nil {
					return err
				}
				picked[c.ID] = done
			}
			// Runs count as after the visit once the visit is over.
			if c.State == "verifying" && !repaired[c.ID] {
				if err := s.sendRepaired(deadline, lab); err != nil {
					return err
				}
				repaired[c.ID] = true
			}
		}
		if len(s.cases) >= s.expected() && closed == len(s.cases) {
			return nil
		}
		select {
		case <-deadline.Done():
			return s.outOfPatience(ctx, deadline.Err())
		case <-time.After(time.Second):
		}
	}
}

// outOfPatience is not an error: the report shows how far each case came, and says
// so in the summary. A cancelled demo is one.
func (s *show) outOfPatience(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		s.say("   not every case closed within %s; the table below says how far each came", patience)
		return nil
	}
	return err
}

func (s *show) expected() int {
	n := 0
	for _, t := range s.truth {
		if t.Component != "" {
			n++
		}
	}
	return n
}

func (s *show) readCases(ctx context.Context) error {
	raw, err := s.play.Operator(ctx, "cases", "list")
	if err != nil {
		return err
	}
	var all []caseView
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("reading the cases: %w", err)
	}
	slices.SortFunc(all, func(a, b caseView) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	s.cases = all
	return nil
}

// labAnswers: most labs answer the offer. The lab of the first case is busy and
// answers only when it has been reminded.
func (s *show) labAnswers(i int, c caseView) bool {
	if i == 0 {
		return slices.ContainsFunc(c.Notices, func(n string) bool { return len(n) >= 6 && n[:6] == "remind" })
	}
	return c.State == "offered"
}

// pickSlot is the lab: it opens the mail, follows the link and picks the first visit.
func (s *show) pickSlot(ctx context.Context, c caseView) (bool, error) {
	dir := s.noticeDir(c)
	if err := s.fetchNotices(ctx, c); err != nil {
		return false, err
	}
	link, err := rehearsal.SlotLink(dir)
	if err != nil || link == "" {
		return false, err
	}
	page, answer, err := rehearsal.PickSlot(ctx, link)
	if err != nil {
		return false, fmt.Errorf("picking a slot for %s: %w", c.ID, err)
	}
	for name, html := range map[string][]byte{"slot-page.html": page, "slot-picked.html": answer} {
		if err := os.WriteFile(filepath.Join(dir, name), html, 0o600); err != nil {
			return false, fmt.Errorf("keeping the slot page: %w", err)
		}
	}
	s.say("   %s  the lab picked a visit", c.ID)
	return true, nil
}

// sendRepaired is the field engineer having been: the instrument runs well again, and
// the runs after the service are sent.
func (s *show) sendRepaired(ctx context.Context, lab *rehearsal.Lab) error {
	before, err := s.folders(lab.Serial)
	if err != nil {
		return err
	}
	if err := s.fleet(ctx, "write", "--after-service", lab.Serial, "--from", strconv.Itoa(len(before)), "--runs", strconv.Itoa(repairRuns), "--out", s.fleetDir()); err != nil {
		return err
	}
	after, err := s.folders(lab.Serial)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(after, func(f string) bool { return slices.Contains(before, f) })
	sent, err := lab.Send(ctx, fresh)
	for _, one := range sent {
		s.sent = append(s.sent, account{Sent: one, Serial: lab.Serial, Origin: "after service"})
	}
	return err
}

func (s *show) noticeDir(c caseView) string { return filepath.Join(s.out, "notices", c.ID) }

func (s *show) fetchNotices(ctx context.Context, c caseView) error {
	_, err := s.play.Operator(ctx, "notices", "fetch", "--case", c.ID, "--out", s.noticeDir(c))
	return err
}
