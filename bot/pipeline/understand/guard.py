"""Is the text an order to the machine, or a wish for what is not drawn here?"""

from __future__ import annotations

import re

_ORDERS = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget|override|bypass|skip|discard)\b.{0,40}?"
    r"\b(?:instruct\w*|prompt\w*|rules?|previous|prior|above|earlier|everything|anweisung\w*|vorherig\w*|regeln|"
    r"instrucciones|istruzioni|instrukcj\w*|polecen\w*|consignes|anterior\w*|precedent\w*|system)\b"
    r"|\bsystem\s?prompts?\b|\bsystem\s?message\b|\b(?:your|the|hidden|initial|secret)\s+(?:instructions|prompt|rules)\b"
    r"|\bact as\b|\bpretend (?:to be|you)\b|\byou are (?:now|no longer|dan)\b|\bjailbr\w+|\bdeveloper mode\b|\bdan mode\b"
    r"|\bprint (?:your|the) (?:system|prompt|config\w*|api|key|token|secret)\b|\breveal (?:your|the)\b"
    r"|\b(?:api|secret|access) ?(?:key|token)s?\b|\bnew instructions?\b|<\s*/?\s*(?:system|script|instructions?|prompt)\b"
    r"|\[/?(?:inst|system)\]|###\s*(?:system|instruction)|<\|\w+\|>|^\s*(?:system|assistant)\s*:|\n\s*(?:system|assistant)\s*:"
    r"|\bdrop table\b|;\s*(?:rm -rf|select |delete from)|\$\{|\{\{|__import__|\bos\.system\b|\beval\("
    r"|\b(?:ігнор\w*|игнор\w*|забудь\w*|забути|відкинь|отбрось|не зважай на|проігнор\w*|проигнор\w*)\b.{0,40}?"
    r"(?:інструк\w*|инструк\w*|правил\w*|попередн\w*|предыдущ\w*|промпт\w*|команд\w*|вказівк\w*|указани\w*|все\b|все що)"
    r"|системн\w+ (?:промпт\w*|підказк\w*|запит\w*|сообщени\w*|повідомлен\w*|инструк\w*|інструк\w*)"
    r"|\b(?:ти|ты) (?:тепер|теперь)\b|\bзіграй роль\b|\bпритворись\b|\bвдавай\b"
    r"|\bzignoruj\w*|\bzapomnij o\b|\bignoriere\b|\bvergiss (?:alle|alles|deine)\b|\bsystem-?prompt\w*"
    r"|\bignora (?:las|le|tutte|todas|os|as)\b|\bignore[zs]? (?:les|toutes|tout)\b|\boublie[zs]? (?:les|tout)\b"
    r"|\bolvida (?:las|todas|todo)\b|\bdimentica (?:le|tutte|tutto)\b|تجاهل|忽略|無視し|无视|system\s*:",
    re.DOTALL,
)
_UNSUITABLE = re.compile(
    r"\b(?:naked|nude|nudes|nudity|topless|bottomless|undressed|porn\w*|pornograph\w*|xxx|nsfw|hentai|erotic\w*|sexual\w*|sex|"
    r"sexy (?:girl|woman|lady|model|babe)\w*|blowjob|orgasm|fetish\w*|genital\w*|penis|vagina|boobs|tits|nipples?|"
    r"lingerie|stripper\w*|striptease|prostitut\w*|whore\w*|rape\w*|raping|incest|pedo\w*|loli|underage|"
    r"gore|gory|beheaded|beheading|decapitat\w*|dismember\w*|corpses?|dead (?:body|bodies|people|man|woman|child\w*|girl|boy)|"
    r"bloody (?:body|bodies|corpse|victim)\w*|mutilat\w*|torture\w*|suicide|self-harm|"
    r"(?:kill|killing|murder|murdering|shoot|shooting|running over|run over|hitting|stabbing)\s+(?:a |an |the |some )?"
    r"(?:people|person|man|men|woman|women|child|children|kid|kids|girl|boy|pedestrian|pedestrians|crowd|cops?|dog|cat)\w*|"
    r"terrorist\w*|terrorism|suicide bomb\w*|car bomb|bomb under|swastika\w*|nazi\w*|hitler|ku klux klan|isis flag|"
    r"гол(?:а|ою|ої|у|і|ими|их|ая|ую|ой|ые|ый|ий)\s+(?:дівчин\w*|девушк\w*|жінк\w*|женщин\w*|дівк\w*|тьолк\w*|баб\w*|людин\w*|мужик\w*|чоловік\w*|"
    r"мужчин\w*|дам\w*|красун\w*|красавиц\w*|модел\w*|тел\w*|тіл\w*)|(?:дівчин|девушк|жінк|женщин)\w* гол(?:а|ая|і|ые|яка|ышом|яком)|"
    r"оголен\w*|обнажен\w*|роздягнен\w*|раздет\w*|порно\w*|еротик\w*|эротик\w*|еротичн\w*|эротическ\w*|секс(?:у|уальн\w*|ом|а)?|хентай|"
    r"труп\w*|розчленов\w*|расчленен\w*|зґвалт\w*|згвалт\w*|изнасил\w*|самогуб\w*|самоубий\w*|вбив(?:ство|ати|ає)\w*|убийств\w*|терорист\w*|"
    r"террорист\w*|свастик\w*|нацист\w*|гитлер\w*|гітлер\w*|збиває (?:людину|людей|пішохода|дитину)\w*|сбивает (?:человека|людей|пешехода|ребенка)\w*|"
    r"nag(?:a|ą|iej|ie|i|ich|imi|ą)\s+(?:kobiet\w*|dziewczyn\w*|pani\w*|facet\w*|mezczyzn\w*|modelk\w*)|(?:kobiet\w*|dziewczyn\w*) nag\w+|rozebran\w*|"
    r"goł(?:a|ą|ej|e|ych)\s+\w+|gol(?:a|ej|ych)\s+(?:kobiet\w*|dziewczyn\w*|bab\w*)|seks\w*|zwłoki|zwloki|trup\w*|samobojst\w*|gwalt\w*|"
    r"nackt\w*|nackedei|halbnackt\w*|unbekleidet\w*|leichen?|vergewaltig\w*|selbstmord\w*|hakenkreuz\w*|"
    r"desnud\w*|nud[ao]s?|nue?s? (?:femme|fille)|femmes? nues?|filles? nues?|fille nue|ragazz[ae] nud[ae]|donn[ae] nud[ae]|"
    r"cadavre\w*|cadaver\w*|cadavere|suicidio|violacion|violenza sessuale|عاري\w*|عريان\w*|جنس|裸の?|ヌード|裸体|色情)\b"
    r"|裸|ヌード|عاريه"
)
_PAINT_NAMED_NUDE = re.compile(r"\bnude (?:beige|colou?r|pink|tone|shade)|bare-?naked ladies|naked bike")


def orders_at(folded: str) -> int | None:
    """Where an order to the machine begins in a folded text, or None."""
    found = _ORDERS.search(folded)
    return found.start() if found else None


def unsuitable(folded: str) -> bool:
    """Whether nakedness, sex, cruelty or hatred is asked for."""
    return _UNSUITABLE.search(_PAINT_NAMED_NUDE.sub(" ", folded)) is not None
