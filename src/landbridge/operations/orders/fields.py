"""Fields that an order can have, whatever its shop calls them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One thing an order says.

    Parameters
    ----------
    name
        Our name of it.
    description
        Meaning, in one sentence.
    required
        Whether a row without it is set aside.
    personal
        Whether it tells who the recipient is: then it goes to the store of its country and nowhere else.
    words
        What shops call it, in small letters: the guesses of a mapping.
    """

    name: str
    description: str
    required: bool = False
    personal: bool = False
    words: tuple[str, ...] = ()


def _field(name: str, words: str, description: str, *, required: bool = False, personal: bool = False) -> Field:
    return Field(
        name=name,
        description=description,
        required=required,
        personal=personal,
        words=tuple(word.strip() for word in words.split("|") if word.strip()),
    )


FIELDS: tuple[Field, ...] = (
    _field(
        "external_id",
        "external id|order id|order no|order number|order|id|name|posting number|номер заказа|заказ|订单号|订单编号",
        "Id of the parcel in its shop.",
        required=True,
    ),
    _field(
        "number",
        "tracking number|tracking no|tracking|track number|s10|трек-номер|трек|шпи|运单号|快递单号|单号",
        "S10 number the post gave; blank = none yet.",
    ),
    _field("good", "good|goods type", "Good of the case."),
    _field("from_hub", "from hub|hub from|origin hub", "Hub of the case at which it is handed over."),
    _field("to_hub", "to hub|hub to|destination hub", "Hub of the case at which it is wanted."),
    _field("from_country", "from country|sender country|страна отправителя|发件国家", "Country of the sender."),
    _field("from_region", "from region|sender region|регион отправителя|发件省", "Region of the sender."),
    _field("from_postcode", "from postcode|sender postcode|sender zip|индекс отправителя|发件邮编", "Postcode there."),
    _field(
        "to_country",
        "to country|country|country code|shipping country|страна|страна получателя|国家|收件国家",
        "Country of the recipient, ISO 3166-1 alpha-2.",
    ),
    _field(
        "to_region",
        "to region|region|state|province|shipping province|область|регион|省|收件省",
        "Region of the recipient, as the table of hubs writes it.",
    ),
    _field(
        "to_postcode",
        "to postcode|postcode|zip|zip code|postal code|shipping zip|индекс|почтовый индекс|邮编|收件邮编",
        "Postcode of the recipient; the table keeps its first signs only.",
    ),
    _field(
        "weight",
        "weight|gross weight|weight kg|weight (kg)|weight g|weight (g)|weight_kg|вес|вес, кг|вес, г|масса|重量|毛重",
        "Gross weight.",
        required=True,
    ),
    _field(
        "value", "value|total|price|amount|order total|сумма|стоимость|цена|金额|价值|总价", "Value.", required=True
    ),
    _field("currency", "currency|валюта|币种|货币", "ISO 4217 code, letters or digits.", required=True),
    _field("hs_code", "hs code|hs|hs6|customs code|тн вэд|тнвэд|код тн вэд|hs编码|海关编码", "HS code of the content."),
    _field(
        "ready",
        "ready|created at|created|date|order date|ready at|дата|дата заказа|дата создания|日期|下单时间|创建时间",
        "Moment from which it can leave.",
        required=True,
    ),
    _field("promised", "promised|promised at|deliver by|due|срок доставки|доставить до|承诺时间", "Moment promised."),
    _field(
        "description",
        "description|product|item name|lineitem name|content|наименование|товар|описание|品名|商品名称",
        "What is in it, for customs.",
    ),
    _field("quantity", "quantity|qty|lineitem quantity|количество|кол-во|数量", "How many pieces are in it."),
    _field("origin_country", "origin country|country of origin|страна происхождения|原产国", "Where it was made."),
    _field(
        "name",
        "recipient|recipient name|shipping name|customer|customer name|full name|фио|получатель|имя|收件人|姓名",
        "Who gets it.",
        personal=True,
    ),
    _field(
        "address",
        "address|shipping address|address 1|street|адрес|адрес доставки|улица|地址|收件地址|详细地址",
        "Street and house.",
        personal=True,
    ),
    _field("city", "city|shipping city|town|город|城市|收件城市", "Town.", personal=True),
    _field("phone", "phone|telephone|mobile|shipping phone|телефон|电话|手机|收件电话", "Telephone.", personal=True),
    _field("email", "email|e-mail|почта|эл. почта|邮箱|电子邮件", "E-mail.", personal=True),
    _field(
        "tax_ref", "tax id|inn|passport|инн|паспорт|身份证|身份证号", "What customs asks a person for.", personal=True
    ),
)

BY_NAME = {field.name: field for field in FIELDS}
NAMES = tuple(BY_NAME)
PERSONAL = tuple(field.name for field in FIELDS if field.personal)
OF_ARTICLES = ("weight", "value", "hs_code", "description", "quantity", "origin_country")
"""What a row says of its article where rows are articles; everything else it says of the order."""

REQUIRED = tuple(field.name for field in FIELDS if field.required)
