"""Django: pages by key, and bulk_update.

    django_bulk.py URL FOLDER SIZE RECORDS

Prints the seconds that the first RECORDS take.
"""

import sys
import time

import django
from django.conf import settings
from django.db import models, transaction
from psycopg import conninfo

url, folder, size, records = sys.argv[1:]
sys.path.append(folder)

from scoring import score  # noqa: E402 - beside jobs.toml, where bgjobs finds it too

found = conninfo.conninfo_to_dict(url)
settings.configure(
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": found["dbname"],
            "USER": found["user"],
            "HOST": found["host"],
        }
    },
)
django.setup()


class Task(models.Model):
    id = models.BigIntegerField(primary_key=True)
    title = models.TextField()
    due_date = models.DateTimeField()
    details = models.JSONField()
    score = models.IntegerField(null=True)

    class Meta:
        app_label = "bench"
        db_table = "task"
        managed = False

    def __str__(self) -> str:
        return self.title


began = time.perf_counter()
last = 0
while last < int(records):
    with transaction.atomic():
        tasks = list(Task.objects.filter(id__gt=last).order_by("id")[: int(size)])
        for task in tasks:
            task.score = score(task.details)
        Task.objects.bulk_update(tasks, ["score"])
    last = tasks[-1].id
print(time.perf_counter() - began)
