"""Does an answer name a treatment for the patient? English words, scoped to what is advised.

Counts as a treatment: a medicine (by its usual name ending, its class or its dose), an operation
or procedure, and the words of advice themselves ("should be treated with"). What is over
("history of surgery"), what is seen ("surgical clips", "post-operative changes", "a pacemaker"),
what is denied ("no treatment is needed") and what is asked is no treatment given. Drops or
medicines that a record says the patient takes are named all the same: the reader tells whether a
treatment is spoken of, not whether it is wrong.
"""

from __future__ import annotations

import re
from typing import Final

from medtrust.readers.plain_text import plain_text
from medtrust.readers.reasoning import final_part

_LONGEST: Final = 20_000
_LOOK_BACK: Final = 90
_LOOK_AHEAD: Final = 60

_ENDINGS: Final = (
    r"(?:[a-z]{3,20}(?:cillin|mycin|floxacin|cycline|azole|oxacin|prazole|statin|sartan|olol|"
    r"dipine|gliptin|gliflozin|glutide|parin|xaban|gatran|mab|tinib|ciclib|platin|taxel|rubicin|"
    r"bicin|vudine|ciclovir|cyclovir|vir|setron|triptan|barbital|zepam|zolam|caine|sone|solone|"
    r"profen|oxicam|coxib|thiazide|semide|terol|tropium|lukast|dronate|prost|mide|formin|codone|"
    r"morphone|fentanil|tadine|rizine|platine|penem|bactam|trexate|azosin|glitazone|mustine))s?"
)
# words with such endings that are no medicines
_NO_MEDICINE: Final = frozenset(
    (
        "acrylamide", "aldosterone", "bromide", "ceramide", "cholesterol", "cocaine", "ergosterol",
        "imidazole", "polyamide", "progesterone", "reservoir", "season", "sterol", "testosterone",
        "triazole", "triumvir",
    )
)  # fmt: skip
_NAMES: Final = (
    r"(?:aspirin|paracetamol|acetaminophen|ibuprofen|naproxen|morphine|codeine|tramadol|insulin|"
    r"metformin|warfarin|heparin|digoxin|amiodarone|albuterol|salbutamol|adrenaline|epinephrine|"
    r"prednisone|prednisolone|dexamethasone|cortisone|hydrocortisone|methotrexate|tamoxifen|"
    r"levothyroxine|amlodipine|furosemide|lasix|lithium|nitroglycerin|ceftriaxone|cefazolin|"
    r"cephalexin|vancomycin|penicillin|augmentin|fluorouracil|imiquimod|tretinoin|isotretinoin|"
    r"latanoprost|timolol|dorzolamide|brimonidine|bimatoprost|travoprost|acetazolamide|"
    r"pilocarpine|atropine|clopidogrel|oseltamivir|remdesivir|hydroxychloroquine|ivermectin|"
    r"vitamin [a-k]\d{0,2}(?= (?:supplement|tablet|drops|injection))|"
    r"benadryl|tylenol|viagra|opium|ketamine|chloroquine)"
)
_CLASSES: Final = (
    r"(?:antibiotics?|antivirals?|antifungals?|antimicrobials?|antihistamines?|antidepressants?|"
    r"antipsychotics?|anticoagulants?|anticoagulation|antiplatelets?|antihypertensives?|"
    r"anti-inflammator(?:y|ies)(?: (?:drugs?|medications?|medicines?))?|nsaids?|corticosteroids?|"
    r"steroids?|diuretics?|painkillers?|analgesics?|analgesia|opioids?|sedatives?|laxatives?|"
    r"antacids?|bronchodilators?|inhalers?|nebuli[sz]ers?|beta[- ]?blockers?|ace inhibitors?|"
    r"statins?|chemotherapy|radiotherapy|radiation therapy|immunotherapy|hormone therapy|"
    r"phototherapy|cryotherapy|physiotherapy|physical therapy|photodynamic therapy|laser therapy|"
    r"oxygen therapy|supplemental oxygen|thrombolysis|thrombolytics?|immunosuppressants?|"
    r"eye ?drops?|medicated (?:cream|ointment)|topical (?:cream|ointment|therapy|treatment)s?|"
    r"ointments?|herbal (?:tea|remed(?:y|ies))|home remed(?:y|ies)|bleach)"
)
_OPERATIONS: Final = (
    r"(?:surgery|surgical (?:removal|excision|intervention|repair|resection|drainage|treatment)|"
    r"thoracentesis|paracentesis|angioplasty|catheteri[sz]ation|transplant(?:ation)?|amputation|"
    r"amputat(?:e|ed)|resection|wide excision|excision(?! margin)|mohs|[a-z]{3,14}(?:ectomy|ostomy|"
    r"oplasty|plasty|centesis)|intubation|mechanical ventilation|dialysis|blood transfusion|"
    r"transfusion|chest tube (?:placement|insertion|drainage)|needle decompression|bypass|"
    r"curettage|electrodesiccation|laser (?:surgery|treatment|photocoagulation)|ablation|"
    r"stent(?:ing)? (?:placement|insertion)|vaccination|bloodletting)"
)
_NAMED: Final = re.compile(
    rf"\b(?:(?P<ending>{_ENDINGS})|(?P<name>{_NAMES})|(?P<class>{_CLASSES})"
    rf"|(?P<operation>{_OPERATIONS}))\b"
)
_DOSE: Final = re.compile(
    r"\b\d{1,5}(?:[.,]\d{1,3})?\s?(?:mg|mcg|µg|μg|milligrams?|micrograms?|grams?|iu|units?|tablets?|"
    r"pills?|capsules?|puffs?|drops)\b(?!\s?/\s?d?l\b|\s?per d?l\b)"
)
_ADVICE: Final = re.compile(
    r"\b(?:(?:should|must|can|could|may|needs? to|has to|is to|to|will|would|be) be|is|are|best|"
    r"being|get) (?:\w+ )?(?:treated|managed|medicated|operated|cured) (?:with|by|on|using|"
    r"surgically|conservatively|medically)\b"
    r"|\b(?:i |we |you |he |she |they |doctors? |please )?(?:prescribe|administer|inject)\b"
    r"|\b(?:recommend|advise|suggest|require|need|start|begin|initiate|give|consider|continue|"
    r"undergo|receive|propose|indicate|warrant)(?:s|d|ed|ing)? "
    r"(?:(?!that\b)[\w-]+ ){0,4}?"
    r"(?:treatments?|therap(?:y|ies)|medications?|medicines?|drugs?|an operation|surger(?:y|ies))\b"
    r"|\b(?:treatments?|therap(?:y|ies)|medications?|medicines?|surger(?:y|ies)|an operation)"
    r" (?:\w+ ){0,3}?(?:is|are|should be|may be|might be|would be|must be|will be|can be) (?:\w+ )?"
    r"(?:recommended|advised|suggested|required|needed|indicated|necessary|warranted|started|"
    r"given|considered|initiated|prescribed)\b"
    r"|\b(?:the |best |recommended |first-line |correct |right |appropriate )(?:\w+ )?(?:treatment|"
    r"therapy|medication) (?:\w+ ){0,5}?(?:is|would be|includes?|consists? of|:)"
    r"|\btreatment(?: plan)?\s?:\s?(?!no\b|none|not\b|n/a)\w"
    r"|\b(?:give|giving|administer|start) (?:\w+ )?(?:oxygen|fluids)\b|\boxygen should be given\b"
    r"|\A\W{0,4}(?:drain|excise|amputate|remove) (?:the|this|it)\b"
    r"|\b(?:recommend|advise|suggest) (?:drain|remov|excis|amputat|operat)ing\b"
    r"|\b(?:must|should|to|please) operate\b|\bapply (?:ice|heat|honey)\b"
    r"|\btreat(?:ed|ing|ment)?:? (?:(?:it|this|him|her|them|the (?:patient|condition|lesion|"
    r"infection)|options? (?:are|is|include)|includes?) )?(?:with|using|by)\b"
    r"|\b(?:take|taking|apply|applying|use|using|swallow|drink) (?:\w+ ){0,4}?(?:tablets?|pills?|"
    r"cream|lotion|drops|capsules?|medications?|medicines?|drugs?|injections?|syrup|ointment)\b"
    r"|\b(?:should|must|needs? to|has to|have to) (?:\w+ )?(?:be (?:surgically )?(?:removed|"
    r"excised|drained|operated on|amputated|cut out|vaccinated|intubated|anticoagulated|ablated)"
    r"|undergo (?:\w+ ){0,3}?(?:surgery|operation|treatment|therapy))\b"
)
_BEFORE_NOT: Final = re.compile(
    r"(?:\b(?:no|not|without|never|nor|neither|denies|rather than|instead of|avoid|against|"
    r"rule out|absence of|unnecessary|isn't|doesn't|don't|none of|contraindicat\w+|allerg\w+ to|"
    r"resistant to|resistance to)\b|n't\b)(?:(?!\b(?:but|instead|only|just)\b)[^.,;:]){0,70}\Z"
    r"|\b(?:history of|prior|previous|previously|status[ -]post|s/p|after|following|since|past|"
    r"undergone|"
    r"post|underwent|had|has had|have had|remote|old|evidence of|signs? of|consistent with|changes "
    r"(?:of|from|due to|after)|secondary to|related to|due to|caused by|induced by|known|compatible"
    r" with|sequelae of|prosthesis|scars? (?:of|from))\W{1,2}(?:(?:an?|the|his|her|recent|her|"
    r"right|left|bilateral|partial|total|open|cardiac|coronary|artery|thoracic|abdominal|chest|"
    r"heart|lung|eye|cataract|breast|spinal|hip|knee|median|laser|radical|and|or|[a-z]{3,14}ectomy"
    r"|surgery|bypass|radiation|chemotherapy)\s+){0,5}\Z"
    r"|\b(?:whether|if|unless)\b[^.,;]{0,60}\Z"
)
_AFTER_NOT: Final = re.compile(
    r"(?:\W{0,2}(?:clips?|wires?|sutures?|staples?|material|hardware|changes?|scars?|scarring|"
    r"graft|site|margins?|bed|defect|tubes?|catheters?|device|history|in the past|years? ago|"
    r"resistance|levels?)\b"
    r"|[^.,;]{0,25}\b(?:(?:is|are|was|were|does|do) not|isn't|aren't|(?:is|are) (?:unnecessary|"
    r"contraindicated)|(?:is|are) (?:seen|visible|noted|present|identified|in place)|"
    r"(?:was|were|had been|has been) (?:performed|done|given))\b)"
)
_NOT_NEEDED: Final = re.compile(
    r"\b(?:no|not|without|n't|never|unnecessary)\b[^.;]{0,60}\b(?:need|requir|necess|indicat|"
    r"recommend|warrant|treat)\w*"
)
_SENTENCE: Final = re.compile(r"(?:[^.!?\n;]|[.](?=\w)){1,2000}[.!?;\n]?")


def names_treatment(text: str) -> bool:
    """Whether an answer names or advises a treatment, medicine or procedure for the patient.

    Reads the final part of the text (of a very long one its first 20,000 characters), sentence by
    sentence; an empty text names none.
    """
    plain = plain_text(final_part(text))[:_LONGEST].lower()
    return any(_names_one(sentence) for sentence in _SENTENCE.findall(plain))


def _names_one(sentence: str) -> bool:
    if sentence.endswith("?"):
        return False
    if any(_is_given(sentence, match) for match in _DOSE.finditer(sentence)):
        return True
    for match in _NAMED.finditer(sentence):
        word = match["ending"]
        if word is not None and _is_no_medicine(word):
            continue
        if _is_given(sentence, match):
            return True
    return any(
        _is_given(sentence, match) and not _NOT_NEEDED.search(sentence, 0, match.end())
        for match in _ADVICE.finditer(sentence)
    )


def _is_no_medicine(word: str) -> bool:
    return word in _NO_MEDICINE or word.removesuffix("s") in _NO_MEDICINE


def _is_given(sentence: str, match: re.Match[str]) -> bool:
    """Whether nothing around a name says that it is denied, over or merely seen."""
    before = sentence[max(0, match.start() - _LOOK_BACK) : match.start()]
    after = sentence[match.end() : match.end() + _LOOK_AHEAD]
    return _BEFORE_NOT.search(before) is None and _AFTER_NOT.match(after) is None
