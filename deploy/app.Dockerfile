# The app: web API, widget, console, workers. Build from the project's folder:
#     docker build -f deploy/app.Dockerfile -t sapa-app .
# The Python is that of .venv (Makefile); what is installed is what the tests ran with.
FROM python:3.11-slim-bookworm AS environment
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# An index with builds of torch for the CPU saves 4 GB: --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL
RUN python -m venv /opt/sapa
ENV PATH=/opt/sapa/bin:$PATH
WORKDIR /srv/sapa
COPY requirements requirements
# torch first, by itself: what needs it then takes the build that is there (see Makefile).
RUN pip install $(grep '^torch==' requirements/app.txt) \
 && pip install --no-deps -r requirements/app.txt
COPY . .
RUN pip install --no-deps --no-build-isolation --editable . \
 && python -m compileall -q app bot channels conversation crm db desk faq language privacy selfservice spreadsheets settings.py site_settings.py

FROM python:3.11-slim-bookworm
# OpenMP, which faiss, torch and onnxruntime share.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp sapa \
 && install -d -o sapa -g sapa /var/lib/sapa
COPY --from=environment /opt/sapa /opt/sapa
COPY --from=environment /srv/sapa /srv/sapa
WORKDIR /srv/sapa
ENV PATH=/opt/sapa/bin:$PATH PYTHONPATH=/srv/sapa PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    OMP_NUM_THREADS=1 \
    SAPA_HOST=0.0.0.0 SAPA_PORT=8000 SAPA_DATA_DIR=/var/lib/sapa SAPA_LOG_JSON=true
USER 10001:10001
VOLUME /var/lib/sapa
EXPOSE 8000
# The first start builds the answer index, which takes a minute.
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "app.uvicorn_server"]
