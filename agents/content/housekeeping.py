"""What is said around a lecture, not in it: licences, thanks, greetings, adverts, notices."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

REACH = 15
"""So many words of a sentence belong to one such phrase; a longer one may still say something."""
_PHRASES = r"""
under(?: \w+){0,3} creative[- ]commons; following content is provided;
(?:visit|help) (?:mit )?open ?courseware; (?:make|making) a donation; your support will help;
additional materials from; (?:please|forget to|like and|hit) subscribe;
subscribe (?:now|below|(?:to|for) (?:our|my|the|this|more) (?:channel|newsletter|videos?|podcast));
(?:like|bell|subscribe) button; link (?:below|in the description); in the description below;
follow (?:us|me) on; visit (?:our|my) web ?(?:site|page); check out our; brought to you by;
sponsored by; (?:transcribed|subtitles?|captions?|captioning) by;
(?:thanks|thank you)(?: \w+){0,3} for (?:(?:your|the) (?:attention|introduction|invitation|time)|
listening|watching|coming|joining|having|inviting|being here);
^(?:so|ok|okay|and|well|all right|
alright)?,? ?(?:thanks|thank you)(?: (?:very|so) much)?(?: everyone| everybody| all)?$;
^(?:hi|hello|good (?:morning|afternoon|evening))(?: \w+){0,3}$;
welcome (?:back|everyone|everybody);
(?:hello|hi|good (?:morning|afternoon|evening)),? (?:everyone|
everybody|ladies|all|class|folks|guys);
(?:can|do|could) (?:you|everyone|everybody|people)(?: all| guys)? (?:hear me|
see my (?:screen|slides));
on mute; microphone is (?:on|off);
(?:homework|assignments?|problem sets?|psets?)(?: \w+){0,3} (?:is|are) due; office hours;
due (?:on |next )?(?:monday|tuesday|wednesday|thursday|friday|week);
see you (?:all |guys )?(?:next|on|tomorrow|soon|in the next|then);
(?:are there|do you have|there) any (?:more |other )?questions;
^(?:any|no)(?: more|other)? questions$; take a(?: \w+){0,2} break; next speaker;
sign (?:up|in) sheet; (?:vielen|herzlichen|besten|sch[öo]nen) dank;
danke (?:für (?:die|ihre|eure)|fürs|schön|ihnen); abonnier\w*; daumen hoch;
untertitel (?:von|der|im auftrag|des); (?:hört ihr|hören sie|könnt ihr) mich;
^guten (?:morgen|tag|abend)(?: \w+){0,3}$; guten (?:morgen|tag|abend),? (?:alle|meine|liebe);
herzlich willkommen; bis (?:nächste woche|zum nächsten mal|nächstes mal);
(?:gibt es|haben sie|habt ihr)(?: dazu|noch|hierzu)* fragen; noch fragen; sprechstunde;
merci (?:beaucoup|à tou\w*|de (?:votre|m'avoir)|pour (?:votre|cette|l'\w+)|d'avoir|d'être);
abonnez-vous; sous-titr\w+ (?:par|réalis\w+|de la|fr); (?:vous|tu) m'entend\w+; bonjour à tou\w*;
bienvenue (?:à tou\w*|dans cette vidéo|sur); (?:à la semaine|la semaine) prochaine;
(?:avez-vous|y a-t-il|vous avez) des questions; ^bonjour(?: \w+){0,2}$;
(?:muchas )?gracias (?:por (?:su|la|ver|escuchar|vuestra|venir)|a todos); suscr[íi]b\w+;
subtítulos (?:por|realizados|de); ^(?:hola|buenos días|buenas tardes)(?: \w+){0,3}$;
(?:me escuchan|me oyen|me oís); bienvenidos? (?:a todos|de nuevo); nos vemos (?:la próxima|en|el);
(?:alguna|hay) preguntas?; grazie (?:mille|a tutti|per (?:la|il|aver|l'\w+)|dell'\w+);
iscriv\w+ al canale; sottotitoli (?:di|a cura|creati); mi sentite; buongiorno a tutti;
benvenuti (?:a tutti|a questo|di nuovo); ci vediamo (?:la prossima|alla|nel); ci sono domande
"""
_EITHER = "|".join(" ".join(phrase.split()).replace("| ", "|") for phrase in _PHRASES.split(";"))
HOUSEKEEPING = re.compile(rf"(?<!\w)(?:{_EITHER})(?!\w)")
_EDGES = " \t\n.,;:!?…¿¡。！？\"'«»„“”()[]"  # noqa: RUF001 - other scripts' punctuation is meant


def measure_subject(texts: Sequence[str]) -> np.ndarray:
    """Return 1 for sentences on the lecture's subject, down to 0 for what is said around it.

    Each such phrase takes `REACH` words, so that a long sentence with one thanks among its words
    still counts for the rest.
    """
    around = [len(HOUSEKEEPING.findall(_folded(text))) * REACH for text in texts]
    words = [max(1, len(text.split())) for text in texts]
    return 1 - np.minimum(1.0, np.array(around, dtype=np.float64) / np.array(words or 1.0))


def _folded(text: str) -> str:
    return text.casefold().replace("\u2019", "'").strip(_EDGES)
