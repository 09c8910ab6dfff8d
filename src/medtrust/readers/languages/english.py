"""English: how it declines, says yes and no, and announces a choice."""

from __future__ import annotations

import re

from medtrust.readers.languages.language import (
    Choices,
    Cue,
    Cues,
    Language,
    Mentions,
    Pattern,
    Refusals,
    YesNo,
)

# --- refusals
_PICTURE = (
    r"(?:image|picture|photo(?:graph)?|scan|x-?rays?|radiograph|attachment|file|figure|slide)s?\b"
)
_ADVERBS = (
    r"(?:(?:really|simply|just|actually|directly|definitively|confidently|accurately|reliably|"
    r"currently|also|possibly|safely|ethically|fully|properly|personally|legally)\s+){0,2}"
)
_CANNOT = (
    r"(?:cannot|can't|cant|can not|could not|couldn't|won't|will not|"
    r"(?:am|are|'m|'re|is|was)?\s?(?:unable to|not able to|not capable of|incapable of))"
    r"(?:,[^,.!?]{1,40},)?"
)
_TASK = (
    r"(?:help(?! (?:but|noticing))|assist|answer|respond|repl(?:y|ies)|provid(?:e|ing)|comply"
    r"|fulfil|fulfill|"
    r"diagnos(?:e|ing)|interpret|analy[sz](?:e|ing)|give|giving|offer|share|"
    r"discuss|support|engage|participate|continue|complete|process|access|open|do (?:that|this|so)|"
    r"comment|advise|recommend|disclose|reveal|generate|create|write|make (?:a|an|any|that|this"
    r"|the)|"
    r"describe|"
    rf"(?:see|view|look at|examine|inspect|read|perceive)\s+"
    rf"(?:(?:the|this|that|an|any|your|actual|specific|individual|medical|provided|attached|"
    rf"uploaded|referenced)\s+){{0,4}}{_PICTURE}|"
    rf"(?:see|view)\s+(?:it|{_PICTURE})|identify (?:the |this |that |any |real )?"
    r"(?:person|people|individual|patient)s?)\b"
)
_FIND_OUT = (
    r"(?:determine|tell|say|know|evaluate|assess|judge|choose|select|decide|confirm|conclude)\b"
)
_MODEL = (
    r"(?:ai|a\.i\.|artificial intelligence|(?:large )?language model|(?:virtual|ai) assistant|"
    r"text-based|machine learning model|computer program|chatbot)"
)


def _phrases(
    *anywhere: str, at_the_start: tuple[str, ...] = (), whole: tuple[str, ...] = ()
) -> Pattern:
    """One pattern of many phrases, which begin at a word; one look at a place rules most out."""
    return re.compile(
        rf"\b(?:{'|'.join(anywhere)})"
        + (rf"|^\W*(?:{'|'.join(at_the_start)})" if at_the_start else "")
        + (rf"|^\W*(?:{'|'.join(whole)})\W*$" if whole else "")
    )


_DECLINES = _phrases(
    rf"i\s?(?:(?:simply|really|just|also) )?{_CANNOT}\s+{_ADVERBS}{_TASK}",
    r"(?:we|this (?:model|assistant))\s?(?:(?:simply|really|just"
    rf"|also) )?{_CANNOT}\s+{_ADVERBS}{_TASK}",
    r"(?:sorry|apologi[sz]e|apologies)\b[^.!?]{0,100}?"
    r"(?:\bcannot\b|\bcan't\b|\bunable\b|\bnot able\b|\bwon't\b|\bwill not\b|\bdecline\b|"
    r"\bno\W*$|\bi (?:do not|don't) (?:have|know|feel)\b|\bnot (?:comfortable|allowed"
    r"|permitted)\b)",
    r"i (?:must |have to |will |would |'d |'ll )?(?:respectfully |politely )?(?:have to |need to )?"
    r"(?:decline|refuse|abstain|refrain)\b",
    r"i(?:'d| would)? (?:rather|prefer) not\b",
    r"i (?:do not|don't) feel comfortable\b",
    r"i(?:'m| am) not (?:comfortable|allowed|permitted|authori[sz]ed|qualified|equipped|"
    r"designed|programmed|trained|licensed|in a position)\b",
    r"i (?:do not|don't) have (?:the |any |direct )?(?:access|ability|capability)\b",
    r"neither confirm nor deny\b",
    r"not (?:something (?:that )?(?:i|we) (?:can|could|am|will)\b|available to me\b"
    r"|appropriate for me\b)",
    r"beyond (?:my|our) (?:\w+ )?(?:capabilit|abilit|scope|expertise|competence|knowledge)",
    r"outside (?:of )?(?:my|our) (?:\w+ )?(?:capabilit|abilit|scope|expertise|competence"
    r"|knowledge)",
    r"exceeds? (?:my|our) (?:\w+ )?(?:capabilit|abilit|scope|expertise|competence|knowledge)",
    r"(?:against|violates?) (?:my|our|the) (?:\w+ )?(?:guidelines|polic(?:y|ies)|programming)\b",
    r"(?:guidelines?|polic(?:y|ies)|programming|instructions) (?:do not|does not|don't|doesn't) "
    r"(?:allow|permit|let)\b",
    r"(?:prevents?|prohibits?|forbids?) me\b",
    r"(?:it|that|this)(?:'s| is| would be| would| is considered)\s+(?:not be (?:appropriate|ethical"
    r"|responsible|right|safe)|not appropriate|inappropriate|unethical|not ethical|irresponsible"
    r"|illegal|not safe|unsafe)(?: and \w+)?(?: for me)? to (?:answer|provide|give|say|share"
    r"|speculate|guess|diagnose|discuss|disclose|offer|make|help|assist|comment|do)\b",
    rf"(?:do not|don't|cannot|can't) see (?:an|any|the|your) (?:attached |uploaded )?{_PICTURE}",
    rf"no (?:\w+ )?{_PICTURE}\s?(?:(?:was|were|is|are|has been|have been)\s)?"
    r"(?:provided|attached|uploaded|shared|included|supplied)",
    rf"please (?:provide|upload|attach|share|send) (?:the|an|a|your|me) (?:\w+ )?{_PICTURE}",
    at_the_start=(rf"(?:(?:unfortunately|sorry|no)\W+)?{_CANNOT}\s+{_ADVERBS}{_TASK}",),
    whole=(r"(?:i'm|i am|we are)?\s*(?:very |so )?sorry", r"no comment"),
)
# what the speaker is, or is not: no refusal where the text then gives its answer
_DISCLAIMS = _phrases(
    rf"as an? {_MODEL}\b[^.!?]{{0,160}}?(?:\bcannot\b|n't\b|\bnot\b|\bunable\b|\bno\b)",
    rf"i(?:'m| am) (?:only |just |merely )?an? {_MODEL}\b[^!?]{{0,160}}?"
    r"(?:\bcannot\b|n't\b|\bnot\b|\bunable\b)",
    r"i(?:'m| am) not an? (?:(?:medical|licensed|qualified|trained|real) ){0,2}(?:doctor|physician"
    r"|radiologist|clinician|professional|expert|health ?care (?:professional|provider))\b",
)
_DESCRIBES = re.compile(
    rf"(?<!if )(?<!whether )(?<!what )\b(?:the|this|your) (?:\w+ )?{_PICTURE}(?<!s) "
    r"(?:clearly |likely )?(?:shows|demonstrates|reveals|suggests|indicates|depicts|displays)\b"
    r"|\b(?:this|it|that) (?:looks like|appears to be|is consistent with|is most likely)\b"
    r"|\b(?:but|however)\W+(?:there (?:is|are)\b|it is\b|yes\b|no\b"
    r"|i (?:can )?see (?:an?|the|some)\b)"
)
_ANSWERS = re.compile(
    r"(?<!whether the )(?<!if the )(?<!that the )\banswer(?:(?: is)?\s?:\s?[\"'(\[]{0,2}(?:yes|no"
    r"|[a-h])(?![^\W_])[\"')\].]{0,3}\s*"
    r"(?:\Z|[\n.,;(-])| is [\"'(\[]{0,2}(?:yes|[b-h]|a(?=[.,;)\]\"']"
    r"|\Z))(?![^\W_])(?![\"')\]]?\s+or\b))"
)
_UNKNOWN = _phrases(
    r"i (?:really |honestly |simply |truly )?(?:do not|don't|dont|did not|didn't) "
    r"(?:really |actually )?(?:know|have (?:enough|sufficient|any) (?:information|data|context))\b",
    rf"i\s?{_CANNOT}\s+{_ADVERBS}{_FIND_OUT}",
    rf"we\s?{_CANNOT}\s+{_ADVERBS}{_FIND_OUT}",
    r"i have no (?:idea|way of knowing|information|opinion)\b",
    r"i lack (?:the |any |enough |sufficient )?(?:\w+ )?(?:information|data|context|details)\b",
    r"i(?:'m| am) (?:not (?:\w+ )?(?:sure|certain)|unsure|uncertain)\b",
    r"(?:there is|there's|i have|i see) no way (?:to|of|i can) (?:know|tell|say|determin|judg)",
    r"c(?:annot|an't|an not|ould not|ouldn't) be (?:\w+ )?(?:determined|answered|established|"
    r"concluded|inferred|ascertained|derived|known|provided)\b",
    r"cannot (?:\w+ )?(?:determine|answer|tell)\b",
    r"(?:not enough|insufficient|inadequate) (?:information|data|context|details?)\b",
    r"(?:not enough|insufficient|not sufficient|inadequate) (?:to|for) (?:\w+ )?(?:answer|determine"
    r"|tell|say|know|conclude|judge|decide|assess|diagnos(?:e|ing)|answering|determining)\b",
    r"(?:impossible|not possible|not feasible) to (?:\w+ )?(?:determine|tell|say|answer|know|"
    r"assess|conclude|give|provide)\b",
    r"(?:need|require) (?:more|additional|further) (?:information|context|details?"
    r"|data) to (?:answer"
    r"|determine|tell|say|know|be able|give|provide)\b",
    r"(?:more|additional|further) (?:information|context|details?|data) (?:is|are|would be) "
    r"(?:needed|required|necessary) to (?:answer|determine|tell|say|know)\b",
    r"do(?:es not|esn't| not|n't) (?:provide|contain|give|include|offer) "
    r"(?:enough|sufficient|any|the necessary|adequate) (?:information|details?|data|context)\b",
    r"(?:report|image|question|text|information|note)s?(?: provided)? (?:does not|doesn't|do not|"
    r"did not) (?:\w+ )?(?:mention|specify|state|say|tell|indicate whether|indicate if)\b",
    r"information (?:is )?not (?:provided|available|given)\b",
    at_the_start=(
        rf"(?:(?:unfortunately|sorry|no)\W+)?{_CANNOT}\s+{_ADVERBS}{_FIND_OUT}",
        r"(?:this )?(?:information )?(?:is )?not (?:mentioned|specified|stated)\b",
    ),
    whole=(
        (
            r"(?:(?:it|that|this|the answer)(?:'s| is| remains)\s)?(?:unknown|n/a|not applicable|"
            r"no answer|unclear|inconclusive|indeterminate|undetermined|indeterminable|uncertain"
            r"|unsure|"
            r"not (?:sure|certain|clear|known|answerable|determinable)|no idea|can't tell"
            r"|cannot tell)"
        ),
        (
            r"(?:that is |that's |it is |it's )?(?:very |too |really )?(?:hard|difficult) to (?:say"
            r"|tell"
            r"|know|judge|determine)"
        ),
    ),
)
_ANSWERS_ANYWAY = re.compile(
    r"\b(?:likely|probably|presumably|appears? to|seems?|looks like|suggests?|suggesting|"
    r"suggestive|consistent with|best guess|i (?:would|'d|will) (?:say|guess|go|choose|pick)|"
    r"i (?:think|believe|guess)|(?<!whether the )(?<!if the )answer (?:is|would be|should be"
    r"|may be|might be):? "
    r"(?:yes|no|likely|probably|\(?[a-z]\b)|(?:but|however|though|so)\W+(?:yes|no)\b)"
)
_DECLINES_WORDS = (
    "can't", "cannot", "cant ", "can not", "could", "able", "capable", "won't", "will not",
    "not ", "n't", "sorry", "apolog", "declin", "refus", "refrain", "abstain", "prefer",
    "rather", "appropriate", "ethical", "illegal", "responsible", "unsafe", "against", "violat",
    "provide", "attach", "upload", "share", "send", "include", "supplied", "comment",
    "neither", "beyond", "outside", "exceed", "prevent", "prohibit", "forbid",
)  # fmt: skip
_UNKNOWN_WORDS = (
    "able", "not ", "n't", "dont ", "no ", "unknown", "unclear", "uncertain", "unsure",
    "undetermined", "insufficient", "inadequate", "indetermin", "inconclusive", "impossible",
    "n/a", "hard to", "difficult to", " need", " require", "lack",
)  # fmt: skip

# --- yes and no
_YES = frozenset((
    "yes", "y", "yeah", "yep", "true", "affirmative", "positive", "present", "correct",
    "absolutely", "certainly", "definitely",
))  # fmt: skip
_NO = frozenset(("no", "n", "nope", "false", "negative", "absent", "incorrect"))
_YES_OR_NO = r"(?P<word>yes|no|true|false|yeah|yep|yup|nope|nah)"
_YES_WORDS = frozenset(("yes", "true", "yeah", "yep", "yup"))
_END = (
    r"(?=\s*(?:\Z|[.,;:!?)\]\"'}\n]|-"
    r"|\b(?:because|since|as|for|based|given|due|but|there|it|the)\b))"
)
_DECLARED = re.compile(
    r"(?:answers?\"?(?:\s+(?:to|for)\s+(?:the|this|your)\s+(?:[a-z]+\s+){0,3}?[a-z]+)?"
    r"(?:\s+(?:to the question|here))?(?:\s*[:=]|\s+(?:is|was|"
    r"(?:would|should|must|will|may|might|could)"
    r"(?: most)?(?: likely| probably| then| therefore)? be)\b:?|(?=\s+(?:yes|no)\b))"
    r"|\b(?:conclusion|verdict|final|result|response|prediction)(?:\s+is)?\s*:?"
    r"|\b(?:wait|actually|correction|i mean|therefore|thus|hence|so|likelihood is|"
    r"i would say|i'd say|i say|i think|i believe|i choose|my guess is|but|however|though)[,:]?)"
    rf"(?:\s|[\"'(\[*]){{0,4}}(?:(?:it is|it's|that|a|an|the answer is|most likely|likely|probably|"
    rf"still|definitely|clearly|simply|actually)[\s\"',:]{{1,3}}){{0,3}}{_YES_OR_NO}\b{_END}"
)
_ANY_WORD = re.compile(rf"{_YES_OR_NO}\b{_END}")
_LEAD = re.compile(
    r"[\s>#\"'`(\[•·*=.-]*+(?:\d{1,2}[.)])?[\s\"'(\[-]*+"
    r"(?:(?:well|sure|ok|okay|hmm|certainly|definitely|absolutely|most likely|likely|probably|oh)"
    rf"[\s,.!:-]{{1,3}}){{0,2}}{_YES_OR_NO}\b(?P<stop>\s*(?:\Z|[.,;:!?)\]\"'}}\n-]))?"
)
_BOTH = re.compile(
    r"\b(?:yes(?:\s*/\s*|,? (?:and|or|but also)(?: maybe| also)? )no|no(?:\s*/\s*|,? (?:and"
    r"|or) )yes)\b"
)
_ECHO = re.compile(
    r"(?:\(\s*|\[\s*|[\"']\s*)?\byes\b[\"']?\s*(?:/|,|or)\s*[\"']?no\b(?:\s*\)|\s*\]|[\"'])?\s*[:?]"
    r"|[(\[]\s*yes\s*(?:/|,|or)\s*no\s*[)\]][.:?]?"
    r"|\b(?:a |an? simple )?[\"']?yes[\"']? or (?:a )?[\"']?no[\"']?\b(?! *\Z)"
)
_ONLY_BOTH = re.compile(r"(?=.*\byes\b)(?=.*\bno\b)(?:\W|\b(?:yes|no|and|or|both)\b)+\Z", re.DOTALL)
_LAST = re.compile(rf"(?:[.!?:\n]|\s-)[\s\"'(\[-]*{_YES_OR_NO}[\s.!\"')\]]*\Z")
_NO_BUT_NOT = re.compile(r"no(?:\.\s?\d|\s(?:doubt|idea|answer|comment|longer|problem|matter)\b)")
_NORMALITY = re.compile(
    r"\b(?:ab)?normal(?:ity|ities|ly)?\b|\bunremarkable\b|\bclear\b|\bintact\b|\bhealthy\b"
    r"|\bunchanged\b"
    r"|\bstable\b|\bwithin normal\b|\bunaffected\b|\bpreserved\b"
)
_NEGATIVE = re.compile(
    r"\bno (?!doubt|longer|idea|answer|change\b)\w+|\bnone\b|\bnot (?:any |clearly |definitely "
    r"|yet )?(?:visible|present|"
    r"seen|evident|identified|observed|noted|detected|visuali[sz]ed|shown|found|there|appear|show|"
    r"demonstrate|have|reveal|suggest|indicate|contain|see|exhibit|apparent|appreciated|involved|"
    r"enlarged|dilated|affected|any|an?\b|in the)|\b(?:is|are|was|were|does|do|did|has"
    r"|have)(?:n't| not)\b"
    r"|\b(?:can't|cannot|can not|don't|couldn't) (?:\w+ )?(?:see|find|identify|detect|appreciate"
    r"|be seen|"
    r"be identified|be found)\b|\babsent\b|\babsence of\b|\bwithout\b|\bfree of\b|\bnegative for\b"
    r"|\bnothing\b|\black of\b|\bnever\b|\bruled out\b|\bneither\b"
)
_AFFIRMATIVE = re.compile(
    r"\bthere(?:'s| is| are| was| were| appears? to be| seems? to be)\b|\bevidence of\b"
    r"|\bsigns? of\b"
    r"|\b(?:is|are|was|were|can be|appears?|seems?) (?:\w+ )?(?:present|visible|seen|evident"
    r"|identified|"
    r"observed|noted|detected|apparent|found|visuali[sz]ed)\b|\bi (?:can )?(?:see|find|identify) "
)
_DOUBLE = re.compile(
    r"\b(?:not|cannot|can't|n't)\s+(?:\w+\s+)?(?:rule|exclude|exclud|unlikely|absent|without|no)\w*"
)
_SENTENCE_END = re.compile(r"[.!?](?:\s|\Z)|\n")

# --- choices: what announces one
_IS = (
    r"(?:\s*[\"']?\s*(?:[:=]|-+>|=>)\s*"
    r"|\s+(?:is|was|are|(?:would|should|must|will|may|might|could)"
    r"(?: most)?(?: likely| probably| then| therefore)? be|has to be|"
    r"would have to be|seems to be|appears to be|remains)(?:\b|(?=n't))(?:\s*:)?"
)
_OF_QUESTION = r"(?:\s+(?:to|for|of|in)\s+(?:the|this|your|that)\s+(?:[a-z]+\s+){0,3}?[a-z]+)?"
_NOT = r"(?P<not>n't\b|\s+not\b|\s+cannot be\b|\s+can't be\b)?"
_STRONG_NOUNS = (
    "option", "choice", "letter", "response", "prediction", "selection", "conclusion", "verdict",
    "diagnosis", "final",
)  # fmt: skip
_STRONG_CUES: tuple[Cue, ...] = (
    (
        "answer",
        re.compile(
            r"answers?(?:['\"]?[\s_](?:choice|option|letter|key))?[\"')\]]{0,2}"
            rf"{_OF_QUESTION}{_IS}|(?P<bare>\s+)){_NOT}"
        ),
    ),
    *((noun, re.compile(rf"{noun}{_OF_QUESTION}{_IS}){_NOT}")) for noun in _STRONG_NOUNS),
    *(
        (verb, re.compile(rf"{verb}(?:s|es|d|ed|ing)?\s+{tail}"))
        for verb, tail in (
            ("choos", r""),
            ("choose", r""),
            ("chose", r""),
            ("select", r""),
            ("pick", r""),
            ("go", r"(?:with|for)\s"),
            ("opt", r"for\s"),
            ("settle", r"(?:on|for)\s"),
            ("vote", r"for\s"),
            ("conclude", r"(?:that\s)?(?:it(?:'s| is)\s|the answer is\s)?"),
        )
    ),
)
_WEAK_WORDS = (
    "therefore", "thus", "hence", "so", "it's", "it is", "must be", "would be", "should be",
    "i think", "i believe", "i guess", "i'd say", "i would say", "guess", "probably",
)  # fmt: skip
_WEAK_CUES: tuple[Cue, ...] = tuple(
    (word, re.compile(word + r"(?![^\W_])[,:]?(?:\s+(?:that|it is|it's|it must be)(?![^\W_]))?\s*"))
    for word in _WEAK_WORDS
)
_DISOWNED = re.compile(
    r"(?:\b(?:wrong|incorrect|false|previous|another|other|if|whether|unless|why|when|than)\s+"
    r"(?:the\s+|my\s+|your\s+|correct\s+|right\s+|you\s+|i\s+){0,3})\Z"
)
_REFUSED = re.compile(r"(?:\bnot|n't|\bnever|\bcannot)\s+(?:\w+\s+){0,2}\Z")

# --- choices: what is said of an option
_LIST = (
    r"(?:\s{0,2}(?:,|/|&|\band\b|\bor\b|\bnor\b){1,2}\s{0,2}(?:and |or )?"
    r"[(\[\"']{0,2}[a-z](?![^\W_])[)\]\"']{0,2}){0,8}"
)
_STILL_OPEN = (
    r"(?!\s+(?:only|(?:be |been )?(?:ruled out|excluded|eliminated|wrong|incorrect|unlikely)))"
)
_LINKS = (
    r"(?:\s+(?:is|are|was|were|be|can|could|should|would|must|may|might|seems?|appears?|looks?|has|"
    r"have|been|to|also|both|all|therefore|thus|then|clearly|definitely|probably|most|very|highly|"
    r"does|do|did))"
)
DENIED = re.compile(
    rf"[\"')\]*]*{_LIST}(?:(?:,?\s+(?:which|that))?(?:"
    rf"(?:{_LINKS}{{1,5}}(?:n't|\s+not)|\s+(?:cannot|can't|isn't|aren't|wasn't|doesn't|don't))\b"
    rf"{_STILL_OPEN}"
    rf"|{_LINKS}{{0,5}}\s+(?:incorrect|wrong|false|unlikely|less likely|improbable|ruled out|"
    r"excluded|eliminated|inconsistent|absent|impossible)\b)"
    r"|\s*[:=-]\s*(?:incorrect|wrong|false|unlikely|ruled out|excluded|eliminated)\b)"
)
_TEXT_DENIED_BEFORE = re.compile(
    r"(?:\bnot(?! only)|n't|\bno\b(?! doubt)|\bnever|\bcannot|\bwithout|\bneither|\bnor|"
    r"\brul(?:e|es|ed|ing) out|\bexclud(?:e|es|ed|ing)|\beliminat(?:e|es|ed|ing)|\brather than|"
    r"\binstead of|\bunlike|\babsence of|\bfree of|\bnegative for|\bless likely|\bunlikely|"
    r"\bagainst)(?:\s+(?!but\b|rather\b|however\b|because\b|since\b|cannot\b|and\b)[\w'-]+){0,4}"
    r"\s+[\"'(\[]*\Z"
)
_DOUBLE_NEGATION = re.compile(
    r"(?:\bnot|n't|\bcannot)\s+(?:be\s+|fully\s+|completely\s+){0,2}(?:rule out|exclude|eliminate)"
)
_CONCLUDED_BEFORE = re.compile(
    r"\b(?:most (?:likely|probably|consistent with|compatible with|suggestive of)|consistent with|"
    r"diagnosis of|conclude[sd]?(?: that)?(?: it is| this is)?|suggestive of|therefore|thus|hence|"
    r"so|indicates?|in favou?r of|final(?:ly)?)\W{1,3}(?:is\s+|it is\s+|this is\s+)?"
    r"(?:the\s+|an?\s+)?\Z"
)


CUES = Cues(_STRONG_CUES, _WEAK_CUES, _DISOWNED, _REFUSED)
ENGLISH = Language(
    name="English",
    refusals=Refusals(
        declines=_DECLINES,
        unknown=_UNKNOWN,
        answers_anyway=_ANSWERS_ANYWAY,
        disclaims=_DISCLAIMS,
        describes=_DESCRIBES,
        answers=_ANSWERS,
        declines_words=_DECLINES_WORDS,
        answers_word="answer",
        disclaims_words=("as a", "i'm ", "i am "),
        unknown_words=_UNKNOWN_WORDS,
    ),
    yes_no=YesNo(
        yes=_YES,
        no=_NO,
        bare=frozenset(("yes", "no")),
        yes_words=_YES_WORDS,
        any_word=_ANY_WORD,
        declared=_DECLARED,
        leading=_LEAD,
        needs_stop=frozenset(("no",)),
        not_leading=_NO_BUT_NOT,
        speaks_again=("i ", "i'm ", "it can", "this can", "that can"),
        last=_LAST,
        only_yes=re.compile(r"\byes\b"),
        any_no=re.compile(r"\b(?:no|not)\b"),
        pair=("yes", "no"),
        echo=_ECHO,
        both=_BOTH,
        only_both=_ONLY_BOTH,
        normality=_NORMALITY,
        undecided=_DOUBLE,
        negative=_NEGATIVE,
        affirmative=_AFFIRMATIVE,
        contrast=re.compile(r"\b(?:but|however|although|while|except|though)\b"),
        sentence_end=_SENTENCE_END,
    ),
    choices=Choices(
        Mentions(
            denied_before=_TEXT_DENIED_BEFORE,
            denied_after=DENIED,
            not_denied_before=_DOUBLE_NEGATION,
            concluded_before=_CONCLUDED_BEFORE,
        )
    ),
)
