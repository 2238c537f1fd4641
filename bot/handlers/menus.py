"""Which commands does Telegram offer people, and in which words?"""

from __future__ import annotations

import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.handlers.texts import LANGUAGES, N_, Texts

log = structlog.get_logger(__name__)
MENU = {
    "new": N_("Draw a car"),
    "more": N_("More angles of a car"),
    "cars": N_("My cars"),
    "colour": N_("Another colour"),
    "spin": N_("See it turn"),
    "share": N_("A link for a friend"),
    "file": N_("Files in full size"),
    "delete": N_("Delete a car"),
    "cancel": N_("Stop drawing"),
    "quota": N_("Albums left today"),
    "credits": N_("Photos that helped"),
    "language": N_("Language"),
    "help": N_("What I can do"),
}
ADMIN_MENU = {"stats": N_("Figures"), "health": N_("State of the process")}


async def set_menus(*, bot: Bot, texts: Texts, admin_ids: frozenset[int]) -> None:
    """Localised command menus; admins see theirs in their own chats. Failures are logged."""
    try:
        for language in LANGUAGES:
            words = texts.words(language)
            commands = [BotCommand(name, words.t(about)) for name, about in MENU.items()]
            await bot.set_my_commands(commands, language_code=language)
            if language == "en":
                await bot.set_my_commands(commands)
            admins = [*commands, *(BotCommand(name, words.t(about)) for name, about in ADMIN_MENU.items())]
            for admin in admin_ids:
                scope = BotCommandScopeChat(admin)
                await bot.set_my_commands(admins, scope=scope, language_code=language)
    except TelegramError as error:
        log.warning("menus.not_set", kind=type(error).__name__)
