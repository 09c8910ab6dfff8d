"""Chinese: how it declines, says yes and no, and announces a choice.

Written in simplified characters; `plain_text` brings the traditional ones among them to these, sets
one blank between ideographs and Latin letters, and none between ideographs. Words have no
boundaries here, so every short pattern says what must not stand beside it.
"""

from __future__ import annotations

import re

from medtrust.readers.languages.language import Choices, Language, Mentions, Refusals, YesNo
from medtrust.readers.languages.script import IDEOGRAPHS

# --- refusals
_NOT_ABLE = (
    r"(?:无法|不能|不可以|没法|没办法|没有办法|不便|不方便|无权|无力|不会|不得|不应|不予|不宜)"
)
# "cannot exclude pneumonia" is an answer about the patient
_NOT_EXCLUDE = r"(?!\s*(?:完全|彻底|绝对)?(?:排除|除外|否认))"
_PICTURE = (
    r"(?:医学|实际|任何|您的?|你的?|这张|这幅|该|此|上传的?|附上的?|所附的?|相关|一张"
    r"|清晰的?){0,4}\s*"
    r"(?:图像|图片|影像|照片|附件|文件|片子|图|x\s?光片?|x\s?线片?|ct|mri)"
)
_MODEL = r"(?:\s?ai\s?|人工智能|(?:大型?)?语言模型|机器人|虚拟助手|聊天助手|计算机程序|文本模型)"
_DECLINES = re.compile(
    rf"{_NOT_ABLE}{_NOT_EXCLUDE}[^.,;!?\n为出]{{0,10}}?(?:回答|作答|答复|回复|协助|帮助您|帮助你"
    r"|帮您|帮你|提供|满足您|满足你|完成(?:这|该|此|您|你)|透露|披露|泄露|发表|解读|进行(?:诊断"
    r"|分析))"
    rf"|{_NOT_ABLE}(?:直接|真正|实际)?(?:查看|看到|看见|浏览|访问|打开|读取|分析|处理|接收)(?:到)?"
    rf"{_PICTURE}(?!像|片|\s*(?:上|中|里|显示|表现))"
    r"|(?:抱歉|对不起|不好意思|很遗憾|遗憾的是)[^.!?\n]{0,40}?(?:"
    rf"{_NOT_ABLE}{_NOT_EXCLUDE}|拒绝|不具备|没有能力|不知道|不清楚)"
    r"|\A\W*(?:我|我们)?(?:很|非常|十分|真的|实在|感到)?(?:抱歉|对不起|不好意思)\W*\Z"
    r"|我[^.,!?\n]{0,4}?(?:拒绝|谢绝|婉拒|不愿意?|不想|没有(?:能力|资格|权限)|不具备)"
    r"|(?:拒绝|恕难?)(?:回答|作答|提供|奉告|从命)"
    r"|(?:违反|违背|不符合)[^.,!?\n]{0,12}?(?:准则|政策|规定|原则|伦理|道德|隐私)"
    r"|(?:不适合|不合适|不恰当|不道德)(?:由我)?(?:来)?(?:回答|作答|提供|透露|评论|做出|作出)"
    rf"|(?:没有?|未)(?:有)?(?:看到|看见|收到|见到|上传|附上|提供|附带|接收到){_PICTURE}"
    r"(?!像|片|\s*(?:上|中|里))"
    rf"|请(?:您|你)?(?:先|重新|再次)?(?:上传|附上|发送|提供){_PICTURE}"
)
_DISCLAIMS = re.compile(
    r"(?:作为|我(?:只|仅仅?)?是)(?:一个|一名|一款|一种"
    rf"|一位)?[^.,!?\n]{{0,8}}?{_MODEL}[^.!?\n]{{0,50}}?"
    rf"(?:{_NOT_ABLE}{_NOT_EXCLUDE}|没有(?:能力|资格|权限|办法)|不具备)"
    r"|我(?:并)?不是(?:一名|一位)?(?:专业)?(?:医生|医师|放射科医生|医务人员|医疗专业人员)"
)
_DESCRIBES = re.compile(
    r"(?:图像|影像|图片|图中|图上|片中|胸片|片子|ct)(?:上|中|里)?[^.!?\n]{0,4}?(?<!是否)(?:显示"
    r"|提示|可见|符合|表现为)"
    r"|(?:但|不过)(?:是)?[\s,]*(?:这是|可见|有|存在|看起来)"
)
_ANSWERS = re.compile(
    r"答案\s*(?:是|为|:){1,2}\s*[\"'(\[]{0,2}(?:yes|no|是|否|有|没有|[a-h])(?=\W|\Z)"
)
_OF_KNOWING = (
    r"(?:确定|判断|判定|得知|知道|知晓|断定|下结论|得出|做出|作出|给出|确认|明确|推断|回答|说清"
    r"|辨认出"
    r"|评估|准确说)"
)
_UNKNOWN = re.compile(
    r"我(?:也|并|真的?|实在|确实|目前|还|现在){0,3}(?:不|没有)(?:太|大|是很|能)?(?:知道|清楚|确定"
    r"|了解"
    r"|敢确定|敢肯定|肯定|明白|把握)"
    r"|\A\W*(?:也|真的?|实在|目前|还|暂时|这个?|答案|结果|情况|目前还)?(?:不(?:太)?(?:知道|清楚"
    r"|确定"
    r"|好说|详|明|明确)|未知|未定|说不准|说不好|没法说|难说|不得而知|没有答案)\W*\Z"
    r"|(?:无法|不能|难以|没法|没办法|不足以|很难|无从"
    rf"|不可能){_NOT_EXCLUDE}[^.,;!?\n]{{0,16}}?{_OF_KNOWING}"
    r"|(?:信息|资讯|资料|数据|上下文|依据|细节)[^.,;!?\n]{0,3}?(?:不足|不够|不充分|有限|缺乏|缺失)"
    r"|(?:没有|缺乏|缺少)(?:提供|显示|包含|给出)?(?:足够|充分|任何|相关|必要)的?(?:信息|资讯|资料"
    r"|数据|上下文"
    r"|依据)"
    r"|(?:报告|图像|图片|影像|题目|问题|原文|文中|文本|资料|信息)(?:中|里|内)?(?:并|也)?(?:未|没有)"
    r"(?:提及|提到|说明|注明|指明|给出|提供|记载|标注|描述)"
    r"|答案(?:是|为|:|尚)?\s*(?:未知|不明|不确定|不详)"
)
_ANSWERS_ANYWAY = re.compile(
    r"(?:(?:很|最|更|极有|更有)可能(?!无法|不知)|大概率|(?<!无法)(?<!不能)(?<!难以)(?:推测"
    r"|猜测)(?:为|是)?"
    r"|倾向于|看起来|似乎|应该是|应为|我(?:认为|觉得|猜|会选|选)|考虑为?|符合|提示|最佳猜测"
    r"|答案(?:应该?)?(?:是|为|:)\s*(?!未知|不|无法|难)|(?:但|不过|然而|所以"
    r"|因此)(?:是)?[\s,]*(?:是|否|有|没有|yes|no)"
    r"(?=\W|\Z|的))"
)

# --- yes and no
_WORD = (
    r"(?P<word>是的|不是的|不是|不存在|不可见|不正确|不可以|不对|不会|不能|不|没有的|没错|没有|没"
    r"|未见|无"
    r"|否定的?|否|肯定的?|有的|有|对的|对|正确|存在|可见|阳性|阴性|错误|错|是|会|能|可以|确实"
    r"|当然|yes|no)"
)
_YES = frozenset(
    ("是", "是的", "有", "有的", "对", "对的", "没错", "正确", "存在", "可见", "阳性", "肯定",
     "肯定的", "会", "能", "可以", "确实", "当然", "真", "属实", "yes")
)  # fmt: skip
_NO = frozenset(
    ("否", "不是", "不是的", "不", "没有", "没有的", "没", "无", "不存在", "未见", "不可见",
     "不正确", "不可以", "不对", "不会", "不能", "否定", "否定的", "阴性", "错误", "错", "假", "no")
)  # fmt: skip
_STOP = r"\s*(?:\Z|[.,;!?)\]\"'}\n-]|(?:吧|啊|呀|哦)(?:\W|\Z))"
_END = rf"(?={_STOP}|\s*(?:因为|由于))"
_ADVERBS = r"(?:\s*(?:应该?|很?可能|最可能|最终|最后|仍然?|还|就|也|倾向于|显然)){0,2}"
_DECLARED = re.compile(
    rf"(?:(?:答案|回答|结论|结果|判断(?=\s*为|:)|answer|conclusion){_ADVERBS}\s*(?:是|为"
    r"|is)?+\s*[:=]?+"
    r"|(?:因此|所以|综上(?:所述)?|总之|我(?:认为|觉得|想|猜|会说)|但是?+|不过|等等|更正)"
    rf"{_ADVERBS}){_ADVERBS}[\s\"'(\[,:]{{0,4}}{_WORD}{_END}"
)
_LEADING = re.compile(
    r"[\s>#\"'`(\[•·*=.-]*+(?:\d{1,2}[.)])?[\s\"'(\[-]*+"
    r"(?:(?:嗯|好的|好|答|回答|根据(?:该|这张|此|所给)?(?:图像|影像|图片|报告)|从(?:该|这张|此)?"
    rf"(?:图像|影像|图片|图)(?:上|中)?(?:来)?看)[\s,.!:-]{{0,3}}){{0,2}}{_WORD}(?P<stop>{_STOP})?"
)
_SLASH = r"\s*(?:/|,|或者?|还是|和)\s*"
_ECHO = re.compile(
    rf"[(\[]\s*(?:是|有|对|yes){_SLASH}(?:否|不是|无|没有|错|no)\s*[)\]][.:?]?"
    rf"|[\"']?是[\"']?{_SLASH}[\"']?否[\"']?(?=\s*[:?]|(?:来)?(?:回答|作答))"
)
_BOTH = re.compile(
    rf"(?<!不)是的?{_SLASH}(?:不是|否)|否{_SLASH}是|(?<!没)有{_SLASH}(?:无|没有)"
    r"|是的?[\s,]{0,2}但?也?不是(?=\W|\Z)|既(?:是|有)[^.!?\n]{0,10}(?:又|也)(?:不是|没有)|是也不是"
)
_ONLY_BOTH = re.compile(
    r"(?=.*(?:(?<!不)是|(?<!没)有))(?=.*(?:否|不是|没有|无))"
    r"(?:\W|是的?|否|不是|有|没有|无|和|与|或|都|也|yes|no)+\Z",
    re.DOTALL,
)
_LAST = re.compile(rf"(?:[.!?:\n]|\s-)[\s\"'(\[-]*{_WORD}[\s.!\"')\]]*\Z")
_NORMALITY = re.compile(r"正常|异常|清晰(?!可见|显示)|通畅|完整|健康|稳定|光整|良好|无变化|未受累")
_UNDECIDED = re.compile(
    r"(?:不能|无法|不可|难以|未能|不宜)\s*(?:完全|彻底|绝对)?(?:排除|除外|否认)|不(?:完全)?排除"
    r"|待排"
    r"|并非没有|不是没有|不无|是否|有无|有没有|是不是|能否|可否|吗"
    r"|(?<!很)(?<!大)(?<!不)(?<!太)(?<!极有)可能|疑似|疑有|疑为|或许|也许|可疑|不确定"
)
_NEGATIVE = re.compile(
    r"未(?!知|定|来|成年|婚|必|分化|破|愈|闭)|没有|没见|没看|无(?!法|论|需|疑|从|创|菌|名|关|力"
    r"|痛|症)"
    r"|不存在|不可见|不[太大]?可能|不(?:明显|显示|提示|具有|包含|支持|符合|是|见)|看不[到见]|见不到"
    r"|不能看到"
    r"|不对|不正确|错误|错的|并非|阴性|缺如|消失|排除|除外"
)
_AFFIRMATIVE = re.compile(
    r"(?<![所没未])有(?![关限助利效])|存在|可见|见到|看到|显示(?!不)|提示|发现|观察到|检出|检测到"
    r"|符合"
    r"|阳性"
    r"|(?:\A\W*|确实|的确|就|应该|可能|大概)是(?!什么|指|由于|因为)|是的?\W*\Z|是[^,.]{1,10}的\W*\Z"
)
_CONTRAST = re.compile(
    r"但|然而|不过|而是|虽然|尽管|除了|仅|(?<![不未没无有能到])(?:可见|看到|发现|存在"
    r"|显示)(?![没无未不])"
    r"|(?<![没未所见现到示在])有(?![关限助利效])"
)

# --- choices: respelled with the words of the choice reader, in this order, before lower case
_LETTER = r"[(\[\"']{0,2}(?<![a-zA-Z0-9])[a-zA-Z](?![a-zA-Z0-9]|[-'][a-zA-Z0-9])[)\]\"']{0,2}"
# "B 超" (an ultrasound), "T 波" (a wave): words, not labels
_NO_LABEL = r"超|型|线|波|细胞|反应|级|期|臂|区|族|类|抗原|肽|蛋白|淋巴"
_BEFORE_CHOICE = r"(?:会|要|将|应该?|应当|故|最终|只能|可以|倾向于|决定|把)"
_RESPELLED: tuple[tuple[str, str], ...] = (
    (
        (
            r"(?:以上|上述)(?:选项|答案|各项)?(?:都|均|皆|全)?(?:不是|不对|不正确|不符合|不成立"
            r"|非|错误)"
            r"|\A\W*(?:都|均)(?:不是|不对|不正确)|(?:没有|无)(?:一个)?正确的?(?:答案|选项)"
        ),
        " none of the above ",
    ),
    (r"[\[(]\s*(?:正确|参考)?答案\s*[\])]", " answer: "),
    (r"[\[(]\s*(?:解析|分析|解释|理由|说明)\s*[\])]", "\n"),
    (r"因为|由于", " because "),
    (rf"({_LETTER})\s*(?:吧|啊|呢|哦)(?=\W|\Z)", r"\1 "),
    (rf"\s*而(?:不是|非|不选)\s*(?:选项\s?)?\s*(?={_LETTER})", ", not "),
    (rf"({_LETTER})\s*(?:和|与|及|以及)\s*(?:选项)?\s*(?={_LETTER})", r"\1 and "),
    (rf"({_LETTER})\s*(?:或者?|还是)\s*(?:选项)?\s*(?={_LETTER})", r"\1 or "),
    (rf"选项\s*(?={_LETTER})", " option "),
    (rf"({_LETTER})\s*(?:选项|项(?!目))", r"option \1 "),
    (
        (
            rf"({_LETTER})\s*(?:是|为|都|均|也|显然){{0,2}}\s*(?:不(?:是|太|完全)?(?:正确|对|符合"
            r"|合适|成立"
            r"|恰当|准确|可能)(?:的|答案|选项)?|错误|错|有误|(?:可以?|应|能)?被?排除)的?"
        ),
        r"\1 is wrong ",
    ),
    (
        (
            rf"({_LETTER})\s*(?:是|为|才|应该?|都|均|显然){{0,3}}\s*最?(?:正确|对|准确|合适|恰当"
            r"|符合|合理)的?"
            r"(?:答案|选项)?"
        ),
        r"\1 is correct ",
    ),
    (
        (
            r"(?:不(?:应该?|会|能|可)?选择?|不是|并非|而非|排除了?"
            rf"|不考虑)\s*(?:option\s)?\s*(?={_LETTER})"
        ),
        " not ",
    ),
    (r"错误的?(?:答案|选项)\s*(?:是|为|:)", " wrong answer is "),
    (r"(?:如果|假如|若|假设)(?:正确)?答案\s*(?:是|为)", " if the answer is "),
    (r"答案\s*(?:应该?|肯定|显然)?\s*不(?:会|可能|应)?是", " answer is not "),
    (
        (
            r"(?:答案|回答|选择|选项)\s*(?:应该?|可能|最可能|最终|就|显然|便)?\s*(?:是|为|选(?!项)"
            r"|[:=]|->){1,2}\s*:?"
        ),
        " answer is ",
    ),
    (rf"答案\s*(?={_LETTER})", " answer is "),
    (
        (
            rf"(?:我|{_BEFORE_CHOICE}){{0,3}}(?:选择|选取|选定|选出|挑选|选)\s*(?:了|的是|[:]"
            r"|答案)?\s*"
            rf"(?={_LETTER}|option\s)"
        ),
        " choose ",
    ),
    (
        (
            r"(?<!不能)(?<!无法)(?<!不应)(?<!未)(?:诊断|结论|预测)\s*(?:应该?|可能|最可能"
            r"|考虑)?\s*(?:是|为|:)\s*:?"
        ),
        " diagnosis is ",
    ),
    (
        rf"(?:因此|所以|故|综上(?:所述)?|总之)\s*,?\s*(?:应该?)?(?:是|为)?\s*(?={_LETTER})",
        " so ",
    ),
    (rf"我(?:认为|觉得|猜|想|相信)\s*(?:应该?)?(?:是|为)?\s*(?={_LETTER})", " i think "),
    (rf"(?:而是|应该?是|应为|就是|是)\s*(?={_LETTER}\s*(?:[.,;!?\n]|\Z))", " it is "),
    (
        (
            rf"((?:answer is|choose|so|it is|i think|not|{_LETTER} and"
            rf"|{_LETTER} or)\s+(?:not\s+)?(?:option\s+)?{_LETTER})"
            rf"\s*(?!{_NO_LABEL})(?=[{IDEOGRAPHS}])"
        ),
        r"\1, ",
    ),
)
_BETWEEN = rf"(?:(?![有是见但而因示])[{IDEOGRAPHS}]){{0,6}}[\"'(\[\s]*\Z"

CHINESE = Language(
    name="Chinese",
    refusals=Refusals(
        declines=_DECLINES,
        unknown=_UNKNOWN,
        answers_anyway=_ANSWERS_ANYWAY,
        disclaims=_DISCLAIMS,
        describes=_DESCRIBES,
        answers=_ANSWERS,
        declines_words=("",),
        answers_word="答案",
        disclaims_words=("",),
        unknown_words=("",),
    ),
    yes_no=YesNo(
        yes=_YES,
        no=_NO,
        bare=frozenset(("是", "是的", "有", "有的", "否", "不是", "不", "无", "没有", "没")),
        yes_words=_YES,
        any_word=re.compile(_WORD + _END),
        declared=_DECLARED,
        leading=_LEADING,
        needs_stop=(_YES | _NO)
        - frozenset(("是的", "不是的", "没错", "没有的", "肯定的", "否定的")),
        not_leading=re.compile(r"(?!)"),
        speaks_again=("我", "抱歉", "无法", "不能", "难以", "从", "这", "该", "目前"),
        last=_LAST,
        only_yes=re.compile(r"(?!)"),
        any_no=re.compile(r"(?!)"),
        pair=("", ""),
        echo=_ECHO,
        both=_BOTH,
        only_both=_ONLY_BOTH,
        normality=_NORMALITY,
        undecided=_UNDECIDED,
        negative=_NEGATIVE,
        affirmative=_AFFIRMATIVE,
        contrast=_CONTRAST,
        sentence_end=re.compile(r"[.!?](?:\s|\Z)|\n"),
    ),
    choices=Choices(
        mentions=Mentions(
            denied_before=re.compile(
                r"(?:不是|并非|没有|没见|未见|未发现|未显示|未提示|无(?!法)|排除|除外|不支持"
                r"|不符合|而非"
                rf"|不像|不考虑|不存在|不可能是?){_BETWEEN}|[不未非没无]\Z"
            ),
            denied_after=re.compile(
                r"[\"')\]]*\s*的?(?:可能性?)?(?:是|也|都|均|应)?(?:不正确|错误|不对|不成立"
                r"|可以?排除"
                r"|被?排除|不符合|不支持|(?:较|很)?(?:小|低)(?=\W|\Z)|不存在|不可见|阴性)"
            ),
            not_denied_before=re.compile(
                r"(?:不能|无法|不可|难以|未能|不)\s*(?:完全|彻底|绝对)?(?:排除|除外)|不仅|无疑|无论"
            ),
            concluded_before=re.compile(
                r"(?:最可能|最符合|诊断|结论|考虑|提示|因此|所以|综上|答案|倾向于"
                r"|而)(?:的)?(?:是|为)?"
                rf"[{IDEOGRAPHS}]{{0,2}}[\s:\"'(]*\Z"
            ),
        ),
        respelled=tuple((re.compile(pattern), words) for pattern, words in _RESPELLED),
    ),
)
