// The chat's page: no library, the browser's own WebSocket.

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chat</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
  #log { list-style: none; padding: 0; min-height: 10rem; }
  #log b { margin-right: .5rem; }
  .event { color: #667; font-style: italic; }
  form { display: flex; gap: .5rem; }
  input { flex: 1; padding: .4rem; font: inherit; }
</style>
<h1>Chat</h1>
<ul id="log" aria-live="polite"></ul>
<form id="enter"><input id="name" placeholder="Your name" required maxlength="40" autofocus><button>Join</button></form>
<form id="write" hidden><input id="text" placeholder="Say something" required maxlength="1000"><button>Send</button></form>
<script type="module">
  const [log, enter, write] = ["log", "enter", "write"].map((id) => document.getElementById(id));
  const show = (who, what) => {
    const line = log.appendChild(document.createElement("li"));
    if (who) line.appendChild(document.createElement("b")).textContent = who;
    else line.className = "event";
    line.append(what);
  };
  enter.addEventListener("submit", (event) => {
    event.preventDefault();
    const socket = new WebSocket("__CHAT_URL__?name=" + encodeURIComponent(document.getElementById("name").value));
    socket.onopen = () => { enter.hidden = true; write.hidden = false; document.getElementById("text").focus(); };
    socket.onclose = ({ code }) => { show("", "The connection ended (" + code + ")."); enter.hidden = false; write.hidden = true; };
    socket.onmessage = ({ data }) => {
      const { from, text, left } = JSON.parse(data);
      left ? show("", left + " left.") : show(from, text);
    };
    write.onsubmit = (event) => {
      event.preventDefault();
      const field = document.getElementById("text");
      socket.send(JSON.stringify({ action: "say", text: field.value }));
      field.value = "";
    };
  });
</script>
</html>
`;

export const show = async () => ({
  statusCode: 200,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: page.replace("__CHAT_URL__", process.env.CHAT_URL),
});
