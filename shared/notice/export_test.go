package notice

// The fixtures, for the tests that see this package from outside.
var (
	ChillerWarm   = chillerWarm
	LaserFalling  = laserFalling
	LaserForetold = laserForetold
	CaseOf        = caseOf
	Circle        = circle
	Night         = night
	EventOf       = eventOf
	MatterOf      = matterOf
	Ana, Joe      = ana, joe
)
