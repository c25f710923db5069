"""gpuhunt's own AWSProvider on one file: its `get`, but for the two calls that ask AWS with credentials."""

import sys

from gpuhunt.providers.aws import AWSProvider
from timing import told

with told() as result:
    provider = AWSProvider(cache_path=sys.argv[1])
    provider._fill_gpu_details = lambda _: None
    provider._with_spot_offers = lambda offers: offers
    result["rows"] = len(provider.get())
