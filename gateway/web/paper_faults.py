"""What readers and the certifier say about a paper, in the words of who dropped it: a part of `gateway.web.faults`.

Numbers and names of the case come out of the message by a pattern; a message that does not fit it is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.web.words import N_

__all__ = ["OF_PAPERS", "Words"]


@dataclass(frozen=True)
class Words:
    """An error's words: what was wrong (with what `pattern` finds in the message), what to do next."""

    text: str
    next: str = ""
    pattern: str = ""


_EXPORT = N_("Export it again from the program that made it.")
_EVIDENCE = N_("It counts as evidence and is never collateral.")
_SPLIT = N_("Split it, such as by day or by order, and drop the parts.")

OF_PAPERS: dict[str, Words] = {
    "CERTIFIED_BEFORE": Words(
        N_("This number of this seller was certified already on %(day)s: nothing is gained by a second time."),
        N_("Take it off the list; where the earlier one is wrong, correct that one."),
        r"on (?P<day>\d{4}-\d\d-\d\d)",
    ),
    "PROTOBUF": Words(N_("The message of the machine is cut off or damaged."), N_("Record it again where it is received.")),
    "LINE_TOO_LONG": Words(N_("A line of the log is too long to be one of an adapter's.")),
    "EVENT_HASH": Words(N_("An event's hash by the standard was computed.")),
    "EVENT_HASH_DIFFERS": Words(N_("An event bears a hash that is not its own: it was changed later, or numbered wrongly."), _EXPORT),
    "UNKNOWN_CODE": Words(N_("A code of the file stands on none of the standard lists and is left out."), _EXPORT),
    "DECIMAL_MARK": Words(
        N_("Whether point or comma stands before the decimals is not clear: numbers like %(number)s are left out."),
        N_("Export it again with two decimals in every number, or as XLSX."),
        r"such as '(?P<number>[^']*)'",
    ),
    "XML_SYNTAX": Words(
        N_("The file is damaged or cut off at line %(line)s."), _EXPORT, r"line (?P<line>\d+)"
    ),
    "ENCODING": Words(N_("The file is not in the encoding that it declares."), N_("Save it as UTF-8.")),
    "UNFINISHED": Words(N_("The file could not be read to its end."), _EXPORT),
    "ARCHIVE": Words(N_("The archive inside the file cannot be opened: it looks cut off."), _EXPORT),
    "ARCHIVE_TWICE": Words(N_("The archive holds one name twice."), _EXPORT),
    "ARCHIVE_PATH": Words(N_("The archive holds a name that leads outside of it."), _EXPORT),
    "ARCHIVE_ENTRIES": Words(N_("The archive holds too many files."), _SPLIT),
    "ARCHIVE_SIZE": Words(N_("The archive unpacks to more than is accepted."), _SPLIT),
    "ENCRYPTED": Words(N_("The file is protected by a password."), N_("Save it without a password.")),
    "COMPRESSED": Words(N_("The file is packed with gzip."), N_("Unpack it and drop the document itself.")),
    "ENTITY_DECLARED": Words(
        N_("The XML declares entities, which is not accepted."), N_("Export it again without a DTD.")
    ),
    "NAMESPACE": Words(N_("The OFD is not of the standard's kind (GB/T 33190)."), _EXPORT),
    "XLSX": Words(N_("The workbook cannot be read."), N_("Save it again as .xlsx.")),
    "EDIFACT": Words(N_("The EDIFACT interchange is damaged or cut off."), _EXPORT),
    "AQDEF": Words(N_("The measurement file (AQDEF) has a line that is none of the format's."), _EXPORT),
    "TABLE": Words(N_("The row of column titles is missing."), N_("Keep the template's first rows as they are.")),
    "TOO_DEEP": Words(N_("The file is nested deeper than any business document."), _EXPORT),
    "TOO_MANY_NODES": Words(N_("The file holds more entries than one document can."), _SPLIT),
    "TIME_LIMIT": Words(N_("Reading the file takes too long."), _SPLIT),
    "MEMORY_LIMIT": Words(N_("Reading the file needs too much memory."), _SPLIT),
    "WORKER_DIED": Words(N_("The file could not be read: it is kept out."), _EXPORT),
    "SEAL_VALID": Words(
        N_("Sealed by %(signer)s; the seal fits. Whether its certificate deserves trust is not judged."),
        pattern=r"sealed by (?P<signer>[^:]+):",
    ),
    "SEAL_INVALID": Words(N_("The electronic seal does not fit: the file was changed since, or is incomplete."), N_("Fetch the original from the tax platform again.")),
    "SEAL_INCOMPLETE": Words(N_("The seal does not cover what the facts were read from."), N_("Fetch the original from the tax platform again.")),
    "SEAL_MISSING": Words(N_("The OFD carries no electronic seal.")),
    "SEAL_NOT_CHECKED": Words(N_("The seal uses an algorithm that is not checked here.")),
    "SIGNATURE_VALID": Words(N_("Signed by %(signer)s; the signature fits the whole file. Whether its certificate deserves trust is not judged."), pattern=r"signed by (?P<signer>[^:]+):"),
    "SIGNATURE_PARTIAL": Words(N_("Something was added to the file after it was signed by %(signer)s."), pattern=r"signed by (?P<signer>[^:]+):"),
    "SIGNATURE_INVALID": Words(N_("The signature does not fit: the file was changed since."), _EXPORT),
    "SIGNATURE_NOT_CHECKED": Words(N_("It carries a signature that is not checked here.")),
    "NO_FACTS": Words(N_("Stored and hashed, no facts read: it counts as weak evidence.")),
    "LINES_OMITTED": Words(N_("It has more lines than are certified one by one: the rest is counted only.")),
    "NOT_CANONICAL": Words(N_("A value is left out, since it cannot be written in one certain way.")),
    "SEVERAL_VALUES": Words(N_("The document states two different values for one thing: it is left out."), N_("Compare it with the original.")),
    "SEVERAL_DOCUMENTS": Words(N_("The table holds several documents."), N_("Save each as a file of its own.")),
    "SEVERAL_UNITS": Words(N_("Quantities in units that do not convert are not added.")),
    "TOTAL_ROW": Words(N_("A row of totals is no line: it is left out.")),
    "UNKNOWN_COLUMN": Words(N_("A column that the template does not have is not read.")),
    "PENDING_OMITTED": Words(N_("Entries that are not booked yet are no payments: they are left out.")),
    "SELLER_NOT_ISSUER": Words(N_("Its seller is not your organisation."), _EVIDENCE),
    "NO_IDENTITY": Words(N_("It states no seller or number by which it could be locked."), _EVIDENCE),
    "NOT_PLEDGEABLE_TYPE": Words(N_("Its type or total cannot be pledged."), _EVIDENCE),
    "COUNTER_RESET": Words(N_("The part counter of %(device)s was reset."), pattern=r"device (?P<device>[^:]+):"),
    "CLOCK_STEP": Words(N_("The clock of %(device)s steps back."), N_("Set its clock, and drop its next log."), r"device (?P<device>[^:]+):"),
    "OUT_OF_ORDER": Words(N_("States of %(device)s stand far from their place and are left out."), pattern=r"device (?P<device>[^:]+):"),
    "REPEATED_SEQUENCE": Words(N_("Observations that repeat a number are not counted again.")),
    "RELATIVE_TIME": Words(N_("The log states times relative to when it was sent: when it happened is not stated.")),
    "STATUS_DEVIATION": Words(N_("%(wrong)s of %(total)s characteristics state another result than their value and tolerance give."), N_("Compare it with the original."), r"(?P<wrong>\d+) of (?P<total>\d+)"),
    "STATUS_CONFLICT": Words(N_("The report states two results for one part."), N_("Compare it with the original.")),
    "EVENT_IN_ERROR": Words(N_("%(wrong)s of %(total)s events were declared to be in error: they state nothing."), pattern=r"(?P<wrong>\d+) of (?P<total>\d+)"),
    "BATCH_NOT_SPLIT": Words(N_("A booking sums several payments without their amounts: it is read as one.")),
    "SEVERAL_PRODUCTS": Words(N_("Order %(order)s makes several products: none is stated as the order's."), pattern=r"order (?P<order>[^:]+):"),
    "SEVERAL_SEGMENTS": Words(N_("Order %(order)s states a quantity for each operation: none is stated as the order's."), pattern=r"order (?P<order>[^:]+):"),
    "SENML": Words(N_("The sensor data (SenML) hold a label or a value that cannot be read."), _EXPORT),
    "END_BEFORE_START": Words(N_("An order ends before it starts."), N_("Compare it with the original.")),
    "BR-CO": Words(N_("A total does not agree: %(stated)s stated, %(found)s reckoned."), N_("Compare it with the original."), r"stated as (?P<stated>-?[\d.]+), recomputed (?P<found>-?[\d.]+)"),
}  # fmt: skip
