package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
	"proactive/shared/fault"
)

const badCase = "bad-case-id"

type noticesCmd struct {
	NoticesBucket string `required:"" hidden:"" help:"Name of the notices bucket."`
	Case          string `required:"" help:"The case's id, c-…"`
	Out           string `required:"" help:"Folder to write them to; made if it is not there." type:"path"`
}

var (
	caseID     = regexp.MustCompile(`^c-[a-z2-7]{16}-[0-9]{1,9}$`)
	noticeFile = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.[a-z0-9]+$`)
)

// Run writes the notices of a case as they were archived. They hold names and
// addresses: readable by their owner only.
func (c *noticesCmd) Run(a *app) error {
	if !caseID.MatchString(c.Case) {
		return fmt.Errorf("a case id looks like c-7qu3mvyfzqklxs5t-1: %w", fault.New(fault.Malformed, badCase, nil))
	}
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	all, err := objects.NewArchive(objects.Client(cfg), c.NoticesBucket).Notices(a.ctx, c.Case)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	names := []string{}
	for name, body := range all {
		if !noticeFile.MatchString(name) {
			return fmt.Errorf("a notice with a name that is none: %q", name)
		}
		if err := os.WriteFile(filepath.Join(c.Out, name), body, 0o600); err != nil {
			return fmt.Errorf("writing a notice: %w", err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return a.print(names, func(w io.Writer) {
		for _, name := range names {
			fmt.Fprintln(w, filepath.Join(c.Out, name))
		}
	})
}
