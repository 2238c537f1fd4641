"""What happens when somebody wants to see a car turn? It is accepted as a film, or the answer says why not."""

from __future__ import annotations

from dataclasses import dataclass

from bot.handlers.access import Access
from bot.handlers.ports import Turntable
from bot.handlers.speaker import Speaker
from bot.handlers.visits import Visit
from bot.pipeline.model import Session
from bot.pipeline.ports import Clock
from bot.pipeline.spin import Spin, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Spinning:
    """/spin and its button, for a car whose owner was checked."""

    speaker: Speaker
    access: Access
    turntable: Turntable
    clock: Clock

    async def ask(self, visit: Visit, session: Session) -> None:
        """Have the car filmed, or send the film that there is."""
        if (refusal := self.access.knock(visit)) is not None:
            await self._say(visit, refusal)
            return
        spin = Spin(
            session_id=session.id,
            owner=visit.owner,
            chat=visit.chat,
            request=visit.request,
            language=visit.words.language,
            thread=visit.thread,
            reply_to=None if visit.pressed else visit.message,
            created=self.clock.now(),
        )
        words = visit.words
        match await self.turntable.submit(spin):
            case Taken.BUSY:
                text = words.t("One car turns at a time: your last one is not ready yet. /cancel stops it.")
                await self._say(visit, text)
            case Taken.FULL:
                await self._say(
                    visit, words.t("Many cars are turning right now. Please try again in a few minutes.")
                )
            case Taken.ACCEPTED | Taken.REPEATED:
                pass

    async def cancel(self, visit: Visit, session: Session) -> None:
        """Stop one film."""
        words = visit.words
        stopped = await self.turntable.cancel(session.id)
        text = (
            words.t("Stopped.") if stopped else words.t("Too late to stop: the film is already on its way.")
        )
        await self._say(visit, text)

    async def stop_running(self, visit: Visit) -> bool:
        """Stop the film that this person waits for, if there is one."""
        session_id = self.turntable.running(visit.owner)
        return session_id is not None and await self.turntable.cancel(session_id)

    async def _say(self, visit: Visit, text: str) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread)
