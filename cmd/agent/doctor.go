package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
)

type doctorCmd struct {
	Watch []string `help:"Directories that run watches; may be repeated." type:"path"`
}

// finding is one line of the doctor's.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, warn, fail
	Says  string `json:"says"`
	Next  string `json:"next,omitempty"`
}

const (
	fine = "ok"
	warn = "warn"
	bad  = "fail"
)

// checkup collects findings.
type checkup struct {
	*app
	all []finding
}

func (c *checkup) note(check, state, says, next string) {
	c.all = append(c.all, finding{check, state, says, next})
}

// failed notes an error with what the agent advises about it.
func (c *checkup) failed(check string, err error) {
	told := advice.For(err)
	c.note(check, bad, told.Says+" ["+told.Reason+"]", told.Next)
	c.exit = advice.Worse(c.exit, told.Exit)
}

// Run examines what the agent needs: its home, the way to the service, the folders it
// watches. It changes nothing and sends nothing but a question for the time.
func (d *doctorCmd) Run(a *app) error {
	c := &checkup{app: a}
	d.examine(c)
	if a.json {
		a.print(map[string]any{"findings": c.all, "exit": c.exit})
	} else {
		for _, f := range c.all {
			a.say("%-5s %-12s %s", f.State, f.Check, f.Says)
			if f.Next != "" {
				a.say("      %-12s → %s", "", f.Next)
			}
		}
	}
	a.exit = c.exit
	return nil
}

func (d *doctorCmd) examine(c *checkup) {
	for _, dir := range d.Watch {
		d.watched(c, dir)
	}
	if c.dir == "" || !home.Exists(c.dir) {
		c.note("home", warn, "There is none yet at "+c.dir+".", "Enrol with `agent enroll CODE`; the code names the service.")
		return
	}
	h, unlock, err := c.open()
	if err != nil {
		c.failed("home", err)
		return
	}
	defer unlock()
	c.note("home", fine, h.Dir(), "")
	e, err := h.Enrolment()
	if err != nil {
		c.failed("enrolment", err)
		return
	}
	c.note("enrolment", fine, fmt.Sprintf("%s at %s", e.Serial, e.Deployment), "")
	if _, err := h.Identity(); err != nil {
		c.failed("keys", err)
	}
	consent, err := h.Consent()
	switch {
	case err != nil:
		c.failed("consent", err)
	case !c.consents(h):
	case consent.On:
		c.note("consent", fine, "Sending is on since "+moment(consent.Since)+".", "")
	default:
		c.note("consent", warn, "Sending is off; nothing is sent.", "`agent on`, if the lab agrees.")
	}
	c.spool(h)
	c.archive(h)
	c.service(h, e)
}

func (d *doctorCmd) watched(c *checkup, dir string) {
	folders, err := runFolders(dir)
	if err != nil {
		c.note("watch", bad, dir+" cannot be read.", "Is it mounted, and may this account read it?")
		c.exit = advice.Worse(c.exit, advice.BadFolder)
		return
	}
	c.note("watch", fine, fmt.Sprintf("%s: %s.", dir, count(len(folders), "run folder", "run folders")), "")
}

// spool looks at what waits and at the room for more.
func (c *checkup) spool(h *home.Home) {
	box := outbox.New(h.Outbox())
	waiting, err := box.List()
	if err != nil {
		c.failed("spool", err)
		return
	}
	damaged, err := box.Damaged()
	if err != nil {
		c.failed("spool", err)
		return
	}
	switch {
	case damaged > 0:
		c.note("spool", warn, count(damaged, "damaged entry is", "damaged entries are")+" set aside.", "Check the disk.")
	case len(waiting) > 0:
		c.note("spool", warn, count(len(waiting), "batch waits", "batches wait")+".", "The next `agent send`, or `agent run`, delivers.")
	default:
		c.note("spool", fine, "Nothing waits.", "")
	}
	free, err := freeBytes(h.Dir())
	switch {
	case err != nil:
		c.note("disk", warn, "How much is free cannot be told.", "")
	case free < 1<<30:
		c.note("disk", bad, size(free)+" are free.", "The spool needs room for days offline: make 1 GiB free.")
		c.exit = advice.Worse(c.exit, advice.Failed)
	default:
		c.note("disk", fine, size(free)+" are free.", "")
	}
}

// skew is how far this computer's clock may be off before it is worth a word. Nothing
// depends on it: requests are dated by the service.
const skew = 10 * time.Minute

// service goes the way to the service step by step, so that the first step that fails
// is the one to mend.
func (c *checkup) service(h *home.Home, e home.Enrolment) {
	u, err := url.Parse(e.API)
	if err != nil {
		c.failed("service", err)
		return
	}
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "443", false: "80"}[u.Scheme == "https"]
	}
	open := "To open for this computer, outward only: " + net.JoinHostPort(u.Hostname(), port)
	if store, found, err := h.Store(); err == nil && found {
		open += ", and for uploads " + store
	} else {
		open += ", and the object store's host, which the first upload will name here"
	}
	c.note("firewall", fine, open+".", "")
	if !c.reach(u, port) {
		c.exit = advice.Worse(c.exit, advice.Unreachable)
		return
	}
	api, err := c.client(e.API)
	if err != nil {
		c.failed("service", err)
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, 30*time.Second)
	defer cancel()
	ch, err := api.Challenge(ctx)
	if err != nil {
		c.failed("service", err)
		return
	}
	c.note("service", fine, "It answers.", "")
	if off := c.now().Sub(ch.Time); off.Abs() > skew {
		c.note("clock", warn, fmt.Sprintf("This computer's clock is off by %s.", off.Abs().Round(time.Minute)), "Set it; sending works all the same, but consent is dated by it.")
	} else {
		c.note("clock", fine, "It agrees with the service's.", "")
	}
	if _, err := courier.StoredKeys(h, e); err != nil {
		c.note("key set", warn, "The stored one is missing or over.", "The next `agent send`, or `agent run`, fetches it.")
	} else {
		c.note("key set", fine, "It is signed by the pinned root and not over.", "")
	}
}

// reach resolves and connects, or names the proxy that does.
func (c *checkup) reach(u *url.URL, port string) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil {
		c.note("proxy", bad, "HTTPS_PROXY is set to something that is no address.", "Correct it: http://host:port.")
		return false
	}
	host := u.Hostname()
	if proxy != nil {
		c.note("proxy", fine, "Everything goes through "+proxy.Host+".", "")
		host, port = proxy.Hostname(), proxy.Port()
		if port == "" {
			port = "80"
		}
	}
	ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
	defer cancel()
	if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
		c.note("name", bad, host+" has no address here.", "Ask whoever runs the DNS, or set HTTPS_PROXY.")
		return false
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		says := "refuses connections"
		if errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
			says = "does not answer: a firewall drops what is sent there"
		}
		c.note("connection", bad, net.JoinHostPort(host, port)+" "+says+".", "Open it outward, or set HTTPS_PROXY.")
		return false
	}
	_ = conn.Close()
	c.note("connection", fine, net.JoinHostPort(host, port)+" can be reached.", "")
	return true
}
