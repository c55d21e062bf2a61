package forest

import (
	"proactive/shared/factors"
	"proactive/shared/language"
)

// words are the plot's, in one language.
type words struct {
	what, columns, oddsRatio, legend string
	withheld, andMore                string
	axisMeans, nothing               string
	decimal                          string
	answers                          map[factors.Answer]string
	reasons                          map[string]string
}

var in = map[language.Language]words{
	language.English: {
		what:      "What goes with %s",
		columns:   "problems/runs   odds ratio (95 % interval)",
		oddsRatio: "odds ratio against the factor's other runs",
		legend:    "▲ higher   ■ lower, or one of several that cannot be told apart   ○ explained by another   × not enough data   ● no difference proven",
		withheld:  "%d withheld: they would tell of fewer than five customers",
		andMore:   "and %d more levels of which less is known",
		axisMeans: "Forest plot of %d factors. Each line is a level, with its odds ratio against the factor's other runs and the 95 %% interval.",
		nothing:   "Nothing was found that goes with the problem.",
		decimal:   ".",
		answers: map[factors.Answer]string{
			factors.Higher: "higher", factors.Lower: "lower", factors.Explained: "explained by another", factors.Inseparable: "cannot be told apart",
			factors.NotHigher: "no difference proven", factors.NotEnoughData: "not enough data", factors.Withheld: "withheld",
		},
		reasons: map[string]string{
			factors.OneLevel: "nothing to compare with", factors.FewRuns: "too few runs", factors.FewInstruments: "too few instruments",
			factors.FewProblems: "too few problems", factors.NothingToCompare: "nothing to compare with", factors.WideInterval: "not enough data",
			factors.RestsOnInstrument: "rests on one instrument", factors.RestsOnTenant: "rests on one customer",
			factors.FewTenants: "fewer than five customers", factors.WouldBetrayAnother: "withheld",
		},
	},
	language.Spanish: {
		what:      "Qué acompaña a %s",
		columns:   "problemas/carreras   razón de momios (intervalo del 95 %)",
		oddsRatio: "razón de momios frente a las demás carreras del factor",
		legend:    "▲ mayor   ■ menor, o uno de varios que no se distinguen   ○ lo explica otro   × faltan datos   ● sin diferencia demostrada",
		withheld:  "%d sin mostrar: hablarían de menos de cinco clientes",
		andMore:   "y %d niveles más de los que se sabe menos",
		axisMeans: "Diagrama de bosque de %d factores. Cada línea es un nivel, con su razón de momios frente a las demás carreras del factor y el intervalo del 95 %%.",
		nothing:   "No se encontró nada que acompañe al problema.",
		decimal:   ",",
		answers: map[factors.Answer]string{
			factors.Higher: "mayor", factors.Lower: "menor", factors.Explained: "lo explica otro", factors.Inseparable: "no se distingue",
			factors.NotHigher: "sin diferencia demostrada", factors.NotEnoughData: "faltan datos", factors.Withheld: "sin mostrar",
		},
		reasons: map[string]string{
			factors.OneLevel: "nada con que comparar", factors.FewRuns: "pocas carreras", factors.FewInstruments: "pocos instrumentos",
			factors.FewProblems: "pocos problemas", factors.NothingToCompare: "nada con que comparar", factors.WideInterval: "faltan datos",
			factors.RestsOnInstrument: "depende de un instrumento", factors.RestsOnTenant: "depende de un cliente",
			factors.FewTenants: "menos de cinco clientes", factors.WouldBetrayAnother: "sin mostrar",
		},
	},
}
