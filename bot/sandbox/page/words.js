// What does the page itself say, in which language?

const WORDS = {
  en: {
    sandbox: "sandbox", people: "You are", chats: "Chats", settings: "Settings", language: "Language",
    theme: "Theme", auto: "auto", light: "light", dark: "dark", calls: "Calls of the bot",
    hint: "Nothing here leaves this machine. The bot is the real one; Telegram is played.",
    shapes: "aiogram is not installed: calls are checked against the limits only.",
    bot: "bot", starting: "starting…", offline: "connecting…", members: "4 members", typing: "typing…",
    upload_photo: "sending photos…", upload_document: "sending a file…", upload_video: "sending a video…",
    record_video: "recording a video…", message: "Message", photo: "Photo", file: "File", today: "Today",
    yesterday: "Yesterday", edited: "edited", reply: "Reply", edit: "Edit", admin: "admin of the bot",
    owner: "owner of the groups", topic: "topic of the forum", via: "via", nothing: "No car of yours fits that.", unseen: "not shown to the bot: no command, mention or reply",
    start: "Start", welcome: "Describe a car, and see it from every angle.", example: "red BMW X5 2021",
    broken: (n) => `${n} rule${n === 1 ? "" : "s"} broken`, fine: (n) => `call${n === 1 ? "" : "s"}`,
    gone: "That did not work.",
  },
  uk: {
    sandbox: "пісочниця", people: "Ви", chats: "Чати", settings: "Налаштування", language: "Мова",
    theme: "Тема", auto: "авто", light: "світла", dark: "темна", calls: "Виклики бота",
    hint: "Звідси нічого не виходить за межі цього комп’ютера. Бот справжній; Telegram тут відтворено.",
    shapes: "aiogram не встановлено: виклики перевіряються лише на обмеження.",
    bot: "бот", starting: "запускається…", offline: "з’єднання…", members: "4 учасники", typing: "друкує…",
    upload_photo: "надсилає фото…", upload_document: "надсилає файл…", upload_video: "надсилає відео…",
    record_video: "записує відео…", message: "Повідомлення", photo: "Фото", file: "Файл",
    today: "Сьогодні", yesterday: "Учора", edited: "змінено", reply: "Відповісти", edit: "Змінити",
    admin: "адміністратор бота", owner: "власниця груп", topic: "тема форуму", via: "через", nothing: "Жодне ваше авто сюди не підходить.",
    unseen: "бот цього не бачить: без команди, згадки чи відповіді", start: "Почати",
    welcome: "Опишіть авто — і побачите його з усіх боків.", example: "червоний BMW X5 2021",
    broken: (n) => `порушень: ${n}`, fine: (n) => `виклик${n % 10 === 1 && n % 100 !== 11 ? "" : n % 10 > 1 && n % 10 < 5 && (n % 100 < 12 || n % 100 > 14) ? "и" : "ів"}`, gone: "Не вдалося.",
  },
};

export const LANGUAGES = { uk: "Українська", en: "English" };

export function words(language) {
  return WORDS[language] ?? WORDS.en;
}
