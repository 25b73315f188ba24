"""Names that report code may import; the host decides where calls go."""

CONNECT_ENDPOINT_URL = "https://api.connect.cloudblue.com/public/v1"
CONNECT_SPECS_URL = "https://apispec.connect.cloudblue.com/connect-openapi30.yml"
