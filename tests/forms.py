"""What a browser sends: a page's form as it stands, and a decision of the administration."""

from html.parser import HTMLParser

from django.urls import reverse


class _Form(HTMLParser):
    def __init__(self, identity):
        super().__init__()
        self.identity, self.inside, self.data = identity, False, {}
        self.select = self.textarea = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        name = attrs.get("name")
        if tag == "form":
            self.inside = attrs.get("id") == self.identity
        elif not self.inside or "disabled" in attrs:
            return
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in attrs:
            self._add(self.select, attrs.get("value", ""))
        elif tag == "textarea":
            self.textarea = name
            self.data[name] = [""]
        elif tag == "input" and name and self._is_sent(attrs):
            self._add(name, attrs.get("value") or ("on" if attrs.get("type") == "checkbox" else ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data):
        if self.textarea:
            self.data[self.textarea] = [self.data[self.textarea][0] + data]

    @staticmethod
    def _is_sent(attrs):
        kind = attrs.get("type", "text")
        return kind not in ("submit", "button") and (
            kind not in ("checkbox", "radio") or "checked" in attrs
        )

    def _add(self, name, value):
        self.data.setdefault(name, []).append(value)


def sent_back(response, form_id):
    """{name: values} of the form with that id, as it stands on the page."""
    parser = _Form(form_id)
    parser.feed(response.content.decode())
    return parser.data


def decide(client, model, action, *rows, **fields):
    """Send an action's own page for the rows; without fields, ask for that page."""
    sent = {"decided": "1", **fields} if fields else {}
    return client.post(
        reverse(f"admin:{model}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows], **sent},
    )
