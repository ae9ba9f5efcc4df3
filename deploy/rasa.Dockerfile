# Rasa with Sapa's channel, pipeline and trained model. Build from the project's folder:
#     docker build -f deploy/rasa.Dockerfile -t sapa-rasa .
# Not Rasa's own image: that has CPython 3.10 and its frozen list; this is the environment that the
# tests run in, .venv-rasa: docs/decisions/0001-rasa-apart.md
FROM python:3.11-slim-bookworm AS environment
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/rasa
ENV PATH=/opt/rasa/bin:$PATH
WORKDIR /srv/sapa
COPY requirements/rasa.txt requirements/rasa.txt
RUN pip install --no-deps --ignore-requires-python -r requirements/rasa.txt
COPY config.yml ./
COPY language language
COPY bot bot

FROM environment AS trained
RUN python -m bot.rasa.start train \
    --config config.yml --domain bot/domain --data bot/data --out models --fixed-model-name sapa

FROM python:3.11-slim-bookworm
# OpenMP, for scikit-learn.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp sapa
COPY --from=environment /opt/rasa /opt/rasa
COPY --from=environment /srv/sapa /srv/sapa
COPY --from=trained /srv/sapa/models /srv/sapa/models
WORKDIR /srv/sapa
ENV PATH=/opt/rasa/bin:$PATH PYTHONPATH=/srv/sapa PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER 10001:10001
EXPOSE 5005
HEALTHCHECK --interval=10s --timeout=3s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5005/webhooks/sapa/', timeout=2)"]
CMD ["python", "-m", "bot.rasa.start", "run", "--model", "models/sapa.tar.gz", "--host", "0.0.0.0", "--port", "5005"]
