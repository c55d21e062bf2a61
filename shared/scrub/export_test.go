package scrub

import (
	"proactive/shared/catalog"
	"proactive/shared/observation"
)

// Breach puts others in the place of the two walls; nil leaves the one that is there.
func (s *Stage) Breach(
	first func(*catalog.Catalog, []observation.Observation) ([]observation.Observation, Tally),
	second func(*catalog.Catalog, []observation.Observation) []Hit,
) {
	s.walls = walls{first, second}
}
