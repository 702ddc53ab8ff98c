/* The help page looks whether the assistant is there and what it finds. */
import { AssistantBox } from "./assistant.js";

const scope = document.querySelector("[data-assistant-check]");
new AssistantBox(scope, "any").look();
