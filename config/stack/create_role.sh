#!/bin/bash
# The first start of the postgres container runs this: the service connects as an ordinary
# role that owns its database. Tables are never touched as superuser.
set -euo pipefail

psql --no-psqlrc --set=ON_ERROR_STOP=1 --set=password="$MARKET_PASSWORD" \
  --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
create role market login nosuperuser nocreatedb nocreaterole password :'password';
create database market owner market;
revoke connect on database market from public;
SQL
