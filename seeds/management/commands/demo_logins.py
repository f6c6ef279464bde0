from typing import Any

from django.core.management.base import BaseCommand

from seeds import people


class Command(BaseCommand):
    help = "Print who can sign in to the demo: e-mail, password, who it is."

    def handle(self, *args: Any, **options: Any) -> None:
        logins = list(people.demo_logins())
        width = max((len(email) for email, _password, _who in logins), default=0)
        for email, password, who in logins:
            self.stdout.write(f"  {email:<{width}}  {password}  {who}")
